import ControlProtocol
import Foundation
import Topology

/// By which tunnel traffic leaves for each site: the cheapest that carries packets. Tells of every change, and why.
struct ActiveTunnels {
  /// The names of the tunnels that carry traffic, by site; more than one where they cost the same.
  private var active: [String: [Tunnel]] = [:]

  /// The same by their names; sites to which nothing leads are left out.
  var names: [String: [String]] { active.filter { !$0.value.isEmpty }.mapValues { $0.map(\.name) } }

  /// The weights of the tunnels by which traffic leaves, by site and name; only of sites where they differ, as routing shares
  /// flows out equally by itself.
  var shares: [String: [String: Int]] {
    active.compactMapValues { tunnels in
      guard Set(tunnels.map(\.weight)).count > 1, tunnels.allSatisfy(\.peerIsManaged) else { return nil }
      return Dictionary(tunnels.map { ($0.name, $0.weight) }) { first, _ in first }
    }
  }

  /// Looks at the carriers anew: what has changed, by site. The first tunnel to a site is no change, nor is a network that
  /// the operator has changed.
  mutating func update(_ tunnels: [Tunnel], _ carriers: TunnelCarriers, at date: Date) -> [TunnelSwitch] {
    let bySite = Dictionary(grouping: tunnels) { $0.peerSite }
    active = active.filter { bySite[$0.key] != nil }
    return bySite.sorted { $0.key < $1.key }.compactMap { site, tunnels in
      let carrying = tunnels.filter { carriers.hasCarrier($0, among: tunnels) }
      let cheapest = carrying.map(\.cost).min()
      let now = carrying.filter { $0.cost == cheapest }.sorted { $0.name < $1.name }
      defer { if !now.isEmpty || active[site] != nil { active[site] = now } }
      guard let before = active[site], before.map(\.name) != now.map(\.name) else { return nil }
      return TunnelSwitch(site, from: before, to: now, carriers, all: tunnels, at: date)
    }
  }
}

extension TunnelSwitch {
  /// What has just happened: either a tunnel of before carries nothing any more, or a new one does again.
  fileprivate init(
    _ site: String, from before: [Tunnel], to now: [Tunnel], _ carriers: TunnelCarriers, all: [Tunnel], at date: Date
  ) {
    self.init(
      at: date, peerSite: site, from: before.map(\.name), to: now.map(\.name), cause: "", outageMilliseconds: nil)
    if let lost = before.first(where: { !carriers.hasCarrier($0, among: all) }) {
      let reason = carriers.reason(against: lost)
      cause = "\(lost.name): \(reason.cause)"
      outageMilliseconds = reason.outageMilliseconds
    } else if let found = now.first(where: { tunnel in !before.contains { $0.name == tunnel.name } }) {
      cause = "\(found.name) carries packets as it should again"
      outageMilliseconds = before.isEmpty ? nil : 0
    } else {
      cause = "the topology has changed"
    }
  }
}
