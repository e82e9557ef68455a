import Foundation
import WireFormat

/// Turns a topology into one configuration per site.
public enum Compiler {
  /// Compiles a validated topology. The same input gives the same result.
  ///
  /// - Parameters:
  ///   - topology: the network.
  ///   - revision: the revision that the configurations will carry, counting from 1.
  ///   - allocations: what earlier revisions handed out; new tunnels are added, vanished ones are forgotten.
  ///   - presharedKey: the key of a pair of sites for which the file gives none; asked once per pair.
  ///   - postQuantumKey: the post-quantum preshared key of a pair that uses one and for which the file gives none.
  ///   - ospfKey: the key by which a pair authenticates OSPF's packets, where the topology wants it.
  /// - Returns: the configuration of each managed site, by name, each with its own secrets only.
  public static func compile(
    _ topology: TopologyDocument, revision: Int, allocations: inout Allocations,
    presharedKey: (SitePair) throws -> PresharedKey, postQuantumKey: (SitePair) throws -> PresharedKey,
    ospfKey: (SitePair) throws -> PresharedKey
  ) rethrows -> [String: SiteConfiguration] {
    let sites = Dictionary(topology.sites.map { ($0.name, $0) }) { first, _ in first }
    let plans = topology.links.flatMap { link in
      guard let first = sites[link.sites.first], let second = sites[link.sites.second] else { return [TunnelPlan]() }
      return TunnelPlan.all(of: link, first: first, second: second)
    }
    allocations.update(tunnels: plans.map(\.name).sorted(), addressing: topology.tunnelAddressing)
    var keys: [SitePair: PresharedKey] = [:]
    for link in topology.links where link.authentication == .presharedKey(nil) {
      keys[link.sites] = try presharedKey(link.sites)
    }
    var postQuantumKeys: [SitePair: PostQuantumKey] = [:]
    for link in topology.links where link.ike.postQuantumKey != nil && link.postQuantumKey == nil {
      postQuantumKeys[link.sites] = PostQuantumKey(
        identity: "\(link.sites.first)--\(link.sites.second)", key: try postQuantumKey(link.sites))
    }
    var ospfKeys: [SitePair: PresharedKey] = [:]
    for link in topology.links where topology.routing.isAuthenticated {
      guard sites[link.sites.first]?.isManaged == true, sites[link.sites.second]?.isManaged == true else { continue }
      ospfKeys[link.sites] = try ospfKey(link.sites)
    }
    let compilation = Compilation(
      topology: topology, revision: revision, plans: plans, keys: keys, postQuantumKeys: postQuantumKeys,
      ospfKeys: ospfKeys, allocations: allocations)
    let managed = topology.sites.filter(\.isManaged)
    return Dictionary(managed.map { ($0.name, compilation.configuration(of: $0)) }) { first, _ in first }
  }
}

/// A topology with everything that its sites' configurations are made of.
struct Compilation {
  let topology: TopologyDocument
  let revision: Int
  let keys: [SitePair: PresharedKey]
  let postQuantumKeys: [SitePair: PostQuantumKey]
  let ospfKeys: [SitePair: PresharedKey]
  let allocations: Allocations
  let plansBySite: [String: [TunnelPlan]]
  let paths: Paths

  init(
    topology: TopologyDocument, revision: Int, plans: [TunnelPlan], keys: [SitePair: PresharedKey],
    postQuantumKeys: [SitePair: PostQuantumKey],
    ospfKeys: [SitePair: PresharedKey], allocations: Allocations
  ) {
    self.topology = topology
    self.revision = revision
    self.keys = keys
    self.postQuantumKeys = postQuantumKeys
    self.ospfKeys = ospfKeys
    self.allocations = allocations
    let ends = plans.flatMap { [($0.first.site.name, [$0]), ($0.second.site.name, [$0])] }
    plansBySite = Dictionary(ends, uniquingKeysWith: +)
    paths = Paths(topology)
  }

  func configuration(of site: Site) -> SiteConfiguration {
    let far = paths.farSites(from: site.name)
    let tunnels = (plansBySite[site.name] ?? []).map { tunnel($0, at: site, far: far) }
    return SiteConfiguration(
      revision: revision, topology: topology.name, site: site.name, loopbacks: site.loopbacks, lans: site.lans,
      uplinks: site.uplinks, tunnels: tunnels.sorted { $0.name < $1.name },
      routing: RoutingConfiguration(
        routingProtocol: topology.routing.routingProtocol(at: site), routerID: site.routerID, bfd: topology.routing.bfd,
        isTransit: topology.transitSites.contains(site.name), announced: site.networks,
        protected: paths.networks(heardAt: site.name) { $0 != site.name },
        areas: topology.routing.areas.filter { paths.summaries.areas[site.name]?.contains($0.area) == true }),
      measurementMilliseconds: topology.measurementMilliseconds,
      shortcutPeers: topology.shortcutPeers(of: site).map { ShortcutPeer(site: $0.name, networks: $0.lanPrefixes) },
      classes: topology.classes)
  }

  func tunnel(_ plan: TunnelPlan, at site: Site, far: [String: Int]) -> Tunnel {
    let isFirst = plan.first.site.name == site.name
    let (local, remote) = isFirst ? (plan.first, plan.second) : (plan.second, plan.first)
    let initiates = plan.firstInitiates == isFirst
    return Tunnel(
      name: plan.name, interface: "vti\(allocations.interfaceNumbers[plan.name] ?? 0)", peerSite: remote.site.name,
      peerLoopbacks: remote.site.loopbacks,
      peerPrefixes: paths.networks(behind: remote.site.name, far: far, heardAt: site.name),
      peerIsManaged: remote.site.isManaged, peerIsTransit: topology.transitSites.contains(remote.site.name),
      addressing: plan.link.bgp?.addressing ?? addressing(of: plan, isFirst: isFirst),
      bgp: plan.link.bgp, ospfArea: topology.routing.ospfArea(between: site, remote.site),
      ospfKey: ospfKeys[plan.link.sites],
      uplink: local.uplink.name, remoteAddress: remote.reachableAddress, initiates: initiates,
      localIdentity: local.identity(in: topology.name), remoteIdentity: remote.identity(in: topology.name),
      authentication: authentication(of: plan.link, with: remote.site),
      postQuantumKey: plan.link.postQuantumKey ?? postQuantumKeys[plan.link.sites], ike: plan.link.ike,
      ipsec: plan.link.ipsec, encapsulation: plan.link.encapsulation, cost: plan.cost,
      weight: plan.weight,
      liveness: liveness(of: plan), serviceLevel: remote.site.isManaged ? topology.serviceLevel : nil,
      selectors: selectors(of: plan.link, from: local.site, to: remote.site),
      redirect: local.site.isDrained && !remote.site.isManaged && !initiates ? gateway(for: remote.site) : nil)
  }

  /// The best of our gateways for a third party that are not drained: it speaks no routing protocol by which its traffic would
  /// find the way itself.
  private func gateway(for site: Site) -> IPAddress? {
    let plans = (plansBySite[site.name] ?? []).filter { !$0.isDrained }
    return plans.sorted { ($0.cost, $0.name) < ($1.cost, $1.name) }
      .lazy.compactMap { $0.end(beyond: site).reachableAddress }.first
  }

  private func selectors(of link: Link, from site: Site, to peer: Site) -> Tunnel.Selectors {
    switch link.selectors {
    case .any: .any
    case .lans: .networks(local: site.lanPrefixes, remote: peer.lanPrefixes)
    }
  }

  /// A third party's gateway would answer no test.
  private func liveness(of plan: TunnelPlan) -> LivenessTimers? {
    let ends = [plan.first.site, plan.second.site]
    guard ends.allSatisfy(\.isManaged) else { return nil }
    switch topology.liveness {
    case .off: return nil
    case .everywhere(let timers): return timers
    case .automatic:
      // Without another way to go, nothing is won by finding out soon.
      return ends.allSatisfy { (plansBySite[$0.name] ?? []).count > 1 } ? .standard : nil
    }
  }

  private func authentication(of link: Link, with peer: Site) -> TunnelAuthentication {
    switch link.authentication {
    case .presharedKey(let key): .presharedKey(key ?? keys[link.sites] ?? PresharedKey(bytes: []))
    case .certificate: .certificate(peer.isManaged ? .network : .thirdParty(peer.authorities.map { Data($0) }))
    }
  }

  /// The first site has the first host address of the tunnel's network, the other one the second.
  private func addressing(of plan: TunnelPlan, isFirst: Bool) -> Tunnel.Addressing {
    guard let network = allocations.networks[plan.name], let one = network.address.advanced(by: 1),
      let two = network.address.advanced(by: 2),
      let local = InterfaceAddress(isFirst ? one : two, length: network.length)
    else { return .unnumbered }
    return .numbered(local: local, peer: isFirst ? two : one)
  }
}

/// Which sites are reached by way of which neighbour.
struct Paths {
  /// Every network and whose it is, in order; validation has seen to it that no two are alike.
  private let networks: [(prefix: IPPrefix, site: String)]
  private let distances: [String: [String: Int]]
  let summaries: AreaSummaries

  init(_ topology: TopologyDocument) {
    networks = topology.sites.flatMap { site in site.networks.map { ($0, site.name) } }.sorted { $0.0 < $1.0 }
    summaries = AreaSummaries(topology)
    let graph = LinkGraph(pairs: topology.links.map(\.sites), transit: topology.transitSites)
    distances = Dictionary(topology.sites.map { ($0.name, graph.distances(from: $0.name)) }) { first, _ in first }
  }

  /// The sites that are no neighbours of `site`, and how many links away they are.
  func farSites(from site: String) -> [String: Int] { (distances[site] ?? [:]).filter { $0.value > 1 } }

  /// The networks of a neighbour, and of the far sites to which it is on a shortest path, as a site hears of them.
  func networks(behind neighbour: String, far: [String: Int], heardAt listener: String) -> [IPPrefix] {
    let theirs = distances[neighbour] ?? [:]
    return networks(heardAt: listener) { site in
      guard site != neighbour, !far.isEmpty else { return site == neighbour }
      return far[site].map { theirs[site] == $0 - 1 } ?? false
    }
  }

  /// The networks of some sites as another one hears of them, in order.
  func networks(heardAt listener: String, of isWanted: (String) -> Bool) -> [IPPrefix] {
    let wanted = networks.filter { isWanted($0.site) }
    guard !summaries.isEmpty else { return wanted.map(\.prefix) }
    return Set(wanted.map { summaries.heard($0.prefix, of: $0.site, at: listener) }).sorted()
  }
}

extension Site {
  /// An IPv4 address of the site, or, for one that has none, a number made of its name (FNV-1a).
  fileprivate var routerID: IPAddress {
    let fixed = uplinks.compactMap { uplink -> IPAddress? in
      guard case .fixed(let address, _) = uplink.addressing else { return nil }
      return address.address
    }
    let own = loopbacks + lans.flatMap(\.addresses).map(\.address) + fixed
    if let address = own.first(where: { $0.family == .v4 }) { return address }
    return .v4(max(1, name.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }))
  }
}
