import ControlProtocol
import Foundation
import Topology

/// By which tunnel traffic leaves for each site: the cheapest that carries packets, and for a class with a service level of its
/// own the cheapest that keeps it. Tells of every change, and why.
struct ActiveTunnels {
  /// Where traffic goes, and which: that of a class, or, without one, all other.
  private struct Traffic: Hashable {
    let site: String
    let trafficClass: String?
  }

  /// More than one where they cost the same.
  private var active: [Traffic: [Tunnel]] = [:]
  private var classes: [TrafficClass] = []

  /// The names of the tunnels that carry traffic, by site; sites to which nothing leads are left out.
  var names: [String: [String]] {
    var names: [String: [String]] = [:]
    for (traffic, tunnels) in active where traffic.trafficClass == nil && !tunnels.isEmpty {
      names[traffic.site] = tunnels.map(\.name)
    }
    return names
  }

  /// The same of the classes that leave by other tunnels than the rest, by site and class.
  var classNames: [String: [String: [String]]] {
    var names: [String: [String: [String]]] = [:]
    for (traffic, tunnels) in active {
      guard let name = traffic.trafficClass, let others = active[Traffic(site: traffic.site, trafficClass: nil)],
        tunnels.map(\.name) != others.map(\.name)
      else { continue }
      names[traffic.site, default: [:]][name] = tunnels.map(\.name)
    }
    return names
  }

  /// What esp must know: the weights of the tunnels by which traffic leaves, where they differ, as routing shares flows out
  /// equally by itself; and the tunnels of classes that leave by others than the rest.
  var shares: [String: SiteShares] {
    var shares: [String: SiteShares] = [:]
    for (traffic, tunnels) in active where traffic.trafficClass == nil {
      guard Set(tunnels.map(\.weight)).count > 1, tunnels.allSatisfy(\.peerIsManaged) else { continue }
      shares[traffic.site, default: SiteShares()].weights = ActiveTunnels.weights(tunnels)
    }
    for (site, names) in classNames {
      shares[site, default: SiteShares()].classes = classes.filter { names[$0.name] != nil }.map { named in
        let tunnels = active[Traffic(site: site, trafficClass: named.name)] ?? []
        return SiteShares.OfClass(codePoints: named.codePoints, weights: ActiveTunnels.weights(tunnels))
      }
    }
    return shares
  }

  private static func weights(_ tunnels: [Tunnel]) -> [String: Int] {
    Dictionary(tunnels.map { ($0.name, $0.weight) }) { first, _ in first }
  }

  /// Looks at the carriers anew: what has changed, by site. The first tunnel to a site is no change, nor is a network that
  /// the operator has changed.
  mutating func update(
    _ tunnels: [Tunnel], classes: [TrafficClass] = [], _ carriers: TunnelCarriers, at date: Date
  ) -> [TunnelSwitch] {
    self.classes = classes.filter { $0.serviceLevel != nil }
    let bySite = Dictionary(grouping: tunnels) { $0.peerSite }
    let names = Set(self.classes.map(\.name))
    active = active.filter { traffic, _ in
      bySite[traffic.site] != nil && traffic.trafficClass.map { names.contains($0) } != false
    }
    return bySite.sorted { $0.key < $1.key }.flatMap { site, tunnels in
      update(site, SwitchCauses(tunnels: tunnels, carriers: carriers), at: date)
    }
  }

  /// A class that moves together with all other traffic is not told of by itself.
  private mutating func update(_ site: String, _ causes: SwitchCauses, at date: Date) -> [TunnelSwitch] {
    let rest = move(Traffic(site: site, trafficClass: nil), to: causes.best(for: nil))
    let moves = classes.map { named in
      (named.name, move(Traffic(site: site, trafficClass: named.name), to: causes.best(for: named.name)))
    }
    let apart = moves.filter { $0.1?.from != rest?.from || $0.1?.to != rest?.to }
    return ([(nil, rest)] + apart).compactMap { name, move in
      move.map { causes.told(of: $0, name, site, at: date) }
    }
  }

  private mutating func move(_ traffic: Traffic, to now: [Tunnel]) -> SwitchCauses.Move? {
    let before = active[traffic]
    if !now.isEmpty || before != nil { active[traffic] = now }
    guard let before, before.map(\.name) != now.map(\.name) else { return nil }
    return SwitchCauses.Move(from: before, to: now)
  }
}
