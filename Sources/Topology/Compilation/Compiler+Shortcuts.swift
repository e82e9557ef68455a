import WireFormat

extension Compiler {
  /// The tunnels of shortcuts between pairs of sites, by site, each end with its own view.
  ///
  /// - Parameters:
  ///   - keys: the pairs with their keys; a pair that the topology allows no shortcut gets none.
  ///   - topology: the network.
  ///   - allocations: what the revision handed out; the shortcuts' interfaces and networks are none of its tunnels'.
  public static func shortcuts(
    _ keys: [SitePair: ShortcutKeys], in topology: TopologyDocument, allocations: inout Allocations
  ) -> [String: [Tunnel]] {
    guard let setting = topology.shortcuts else { return [:] }
    let plans = keys.sorted { $0.key < $1.key }.flatMap { pair, keys -> [TunnelPlan] in
      guard let first = topology.site(named: pair.first), let second = topology.site(named: pair.second),
        topology.allowsShortcut(between: first, second)
      else { return [] }
      return TunnelPlan.all(of: setting.link(pair, keys), first: first, second: second)
    }
    allocations.add(tunnels: plans.map(\.name).sorted(), addressing: topology.tunnelAddressing)
    let compilation = Compilation(
      topology: topology, revision: 0, plans: plans, keys: [:], postQuantumKeys: [:],
      ospfKeys: topology.routing.isAuthenticated ? keys.mapValues(\.ospf) : [:], allocations: allocations)
    var tunnels: [String: [Tunnel]] = [:]
    for plan in plans {
      for site in [plan.first.site, plan.second.site] {
        var tunnel = compilation.tunnel(plan, at: site, far: [:])
        tunnel.cost += TunnelPlan.shortcutSurcharge
        // There is always the way by a hub.
        if topology.liveness == .automatic { tunnel.liveness = .standard }
        tunnels[site.name, default: []].append(tunnel)
      }
    }
    return tunnels
  }
}

/// The keys of a shortcut, of which it uses those that the topology asks for.
public struct ShortcutKeys: Equatable, Sendable {
  /// The pre-shared key of IKE.
  public var preshared: PresharedKey
  /// The post-quantum preshared key.
  public var postQuantum: PresharedKey
  /// The key of OSPF's packets.
  public var ospf: PresharedKey

  /// The keys of a pair.
  public init(preshared: PresharedKey, postQuantum: PresharedKey, ospf: PresharedKey) {
    self.preshared = preshared
    self.postQuantum = postQuantum
    self.ospf = ospf
  }
}

extension ShortcutSetting {
  fileprivate func link(_ pair: SitePair, _ keys: ShortcutKeys) -> Link {
    Link(
      sites: pair, ike: ike, ipsec: ipsec, encapsulation: encapsulation, selectors: .any,
      authentication: authentication == .certificate ? .certificate : .presharedKey(keys.preshared),
      postQuantumKey: ike.postQuantumKey.map { _ in
        PostQuantumKey(identity: "\(pair.first)--\(pair.second)", key: keys.postQuantum)
      })
  }
}

extension TunnelPlan {
  /// What makes two shortcuts in a row dearer than the way by a hub, which the same lines cost 20 more than one shortcut:
  /// spokes do not carry other sites' traffic.
  fileprivate static let shortcutSurcharge = 15
}

extension TopologyDocument {
  /// Whether there may be a shortcut between two sites, by name.
  public func allowsShortcut(between first: String, _ second: String) -> Bool {
    guard let first = site(named: first), let second = site(named: second) else { return false }
    return allowsShortcut(between: first, second)
  }

  /// Whether traffic between two sites may get a tunnel of its own: both are ours, and spokes, which are never linked, and
  /// in one OSPF area, as areas meet in the backbone only.
  func allowsShortcut(between first: Site, _ second: Site) -> Bool {
    guard shortcuts != nil, first.name != second.name, first.area == second.area else { return false }
    return [first, second].allSatisfy { $0.isManaged && $0.role == .spoke }
  }

  /// The sites towards which a site may get a shortcut.
  func shortcutPeers(of site: Site) -> [Site] {
    guard shortcuts != nil, site.role == .spoke else { return [] }
    return sites.filter { allowsShortcut(between: site, $0) }
  }
}
