import ControlProtocol
import Foundation
import Topology

/// The tunnels to one site at one moment: which of them are to carry what, and why not the others.
struct SwitchCauses {
  /// The tunnels that carried something, and those that do now.
  struct Move {
    let from, to: [Tunnel]
  }

  let tunnels: [Tunnel]
  let carriers: TunnelCarriers

  /// The cheapest that carry packets; for a class, of those that are good enough for it, if there are any.
  func best(for trafficClass: String?) -> [Tunnel] {
    let carrying = tunnels.filter { carriers.hasCarrier($0, among: tunnels) }
    let good = carrying.filter { tunnel in trafficClass.flatMap { carriers.reason(against: tunnel, for: $0) } == nil }
    let eligible = good.isEmpty ? carrying : good
    let cheapest = eligible.map(\.cost).min()
    return eligible.filter { $0.cost == cheapest }.sorted { $0.name < $1.name }
  }

  /// What has just happened: either a tunnel of before carries nothing any more, or is not good enough, or a new one is.
  func told(of move: Move, _ trafficClass: String?, _ site: String, at date: Date) -> TunnelSwitch {
    var told = TunnelSwitch(
      at: date, peerSite: site, trafficClass: trafficClass, from: move.from.map(\.name), to: move.to.map(\.name),
      cause: "the topology has changed", outageMilliseconds: nil)
    if let lost = move.from.first(where: { !carriers.hasCarrier($0, among: tunnels) }) {
      let reason = carriers.reason(against: lost)
      told.cause = "\(lost.name): \(reason.cause)"
      told.outageMilliseconds = reason.outageMilliseconds
    } else if let poor = firstPoor(of: move.from, for: trafficClass) {
      told.cause = "\(poor.tunnel.name): \(poor.cause)"
      told.outageMilliseconds = 0
    } else if let found = move.to.first(where: { tunnel in !move.from.contains { $0.name == tunnel.name } }) {
      told.cause = "\(found.name) carries packets as it should again"
      told.outageMilliseconds = move.from.isEmpty ? nil : 0
    }
    return told
  }

  private func firstPoor(of tunnels: [Tunnel], for trafficClass: String?) -> (tunnel: Tunnel, cause: String)? {
    guard let trafficClass else { return nil }
    for tunnel in tunnels {
      if let cause = carriers.reason(against: tunnel, for: trafficClass) { return (tunnel, cause) }
    }
    return nil
  }
}
