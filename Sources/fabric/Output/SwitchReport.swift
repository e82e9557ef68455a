import ControlProtocol
import Foundation

/// When traffic moved from one tunnel to another, at which site and why, latest last.
struct SwitchReport {
  let status: API.NetworkStatus
  /// Only this site's; nil for all.
  let site: String?

  /// The switches with the sites that tell of them.
  var switches: [(site: String, change: TunnelSwitch)] {
    status.sites.filter { site == nil || $0.site == site }
      .flatMap { site in (site.status?.switches ?? []).map { (site.site, $0) } }
      .sorted { $0.change.at < $1.change.at }
  }

  /// One row a switch.
  func lines(_ palette: Palette) -> [String] {
    guard !switches.isEmpty else { return ["traffic has not moved from one tunnel to another"] }
    var table = Table("AT", "SITE", "TO", "FROM TUNNEL", "TO TUNNEL", "OUTAGE", "BECAUSE")
    for (site, change) in switches {
      table.add(
        .init(change.at.time), .init(site), .init(change.destination), .init(change.from.joined(separator: ", ")),
        .init(change.to.isEmpty ? "none" : change.to.joined(separator: ", "), change.to.isEmpty ? .bad : .plain),
        .init(change.outage), .init(change.cause))
    }
    return table.lines(palette)
  }
}

extension TunnelSwitch {
  /// The site that the traffic goes to, and its class, if it moved by itself.
  var destination: String { peerSite + (trafficClass.map { " (\($0))" } ?? "") }

  /// How long nothing passed, at most.
  var outage: String { outageMilliseconds.map { "\($0) ms" } ?? "" }

  /// The cause, and the outage where it is known.
  var reason: String { cause + (outageMilliseconds.map { " (\($0) ms)" } ?? "") }
}

extension Date {
  /// To the second, in UTC.
  var time: String { formatted(.iso8601.dateSeparator(.dash).timeSeparator(.colon)) }
}
