import Topology
import WireFormat

/// BGP over the tunnels, one session a tunnel (RFC 4271): internal with our own sites, external with third parties.
///
/// Over a numbered tunnel the peer's address is the neighbour. Over an unnumbered one it is the interface: the two ends
/// learn each other's IPv6 link-local address from router advertisements, and IPv4 routes have it for their next hop
/// (RFC 8950).
///
/// Every receiver adds the tunnel's cost to a route's metric (MULTI_EXIT_DISC), so that of two ways the cheaper one wins, as
/// with OSPF. Transit sites reflect what they hear (RFC 4456) and put themselves in as its next hop.
struct BGPConfiguration {
  private let site: SiteConfiguration
  private let autonomousSystem: Int
  private let tunnels: [Tunnel]

  init(_ site: SiteConfiguration, autonomousSystem: Int) {
    self.site = site
    self.autonomousSystem = autonomousSystem
    tunnels = site.tunnels.filter { !$0.hasStaticRoutes }
  }

  func render(into lines: inout FRRLines) {
    if let bfd = site.routing.bfd { BFDProfile.render(bfd, into: &lines) }
    for cost in Set(tunnels.map(\.cost)).sorted() {
      lines.block("route-map \(BGPConfiguration.routeMap(adding: cost)) permit 10", ["set metric +\(cost)"])
    }
    for case (let tunnel, let peering?) in tunnels.map({ ($0, $0.bgp) }) { renderExport(to: tunnel, peering, &lines) }
    for tunnel in tunnels where tunnel.addressing == .unnumbered {
      // The neighbour's address is known within a second of the tunnel's coming up.
      lines.block("interface \(tunnel.interface)", ["ipv6 nd ra-interval 1"])
    }
    lines.block(
      "router bgp \(autonomousSystem)",
      ["bgp router-id \(site.routing.routerID)", "no bgp default ipv4-unicast", "timers bgp 3 9"]
        + tunnels.flatMap(session(over:)) + families.flatMap(family))
  }

  /// Those that the overlay has networks of.
  private var families: [IPAddress.Family] {
    let networks = site.routing.announced + site.routing.protected
    return [.v4, .v6].filter { family in networks.contains { $0.address.family == family } }
  }

  private static func routeMap(adding cost: Int) -> String { "COST-\(cost)" }
  private static func export(to tunnel: Tunnel) -> String { "EXPORT-\(tunnel.peerSite)" }

  /// What a third party hears of us: the networks of the overlay, marked as it wishes.
  private func renderExport(to tunnel: Tunnel, _ peering: BGPPeering, _ lines: inout FRRLines) {
    let communities = peering.communities.isEmpty ? [] : ["set community \(peering.communities.joined(separator: " "))"]
    let networks =
      (site.routing.announced + site.routing.protected.filter { !tunnel.peerPrefixes.contains($0) })
      .filter { network in !peering.summaries.contains { $0.contains(network) } } + peering.summaries
    let name = BGPConfiguration.export(to: tunnel)
    lines.add("!")
    for (index, network) in networks.filter({ $0.address.family == .v4 }).enumerated() {
      lines.add("ip prefix-list \(name) seq \(5 * (index + 1)) permit \(network)")
    }
    lines.block("route-map \(name) permit 10", ["match ip address prefix-list \(name)"] + communities)
  }

  private func session(over tunnel: Tunnel) -> [String] {
    let neighbour = "neighbor \(tunnel.bgpNeighbour)"
    if let peering = tunnel.bgp {
      return ["\(neighbour) remote-as \(peering.autonomousSystem)"]
        + (peering.password.map { ["\(neighbour) password \(String(decoding: $0.bytes, as: UTF8.self))"] } ?? [])
        + ["\(neighbour) timers connect 1"]
    }
    let remote = tunnel.addressing == .unnumbered ? "interface remote-as internal" : "remote-as internal"
    return ["\(neighbour) \(remote)"]
      + (site.routing.bfd == nil ? [] : ["\(neighbour) bfd", "\(neighbour) bfd profile \(BFDProfile.name)"])
      + ["\(neighbour) timers connect 1"]
  }

  private func family(_ family: IPAddress.Family) -> [String] {
    let announced = site.routing.announced.filter { $0.address.family == family }
    let redistributed = site.tunnels.contains(where: \.hasStaticRoutes) ? ["redistribute static"] : []
    // A session with a third party has IPv4 addresses, and is of no use to IPv6.
    let speaking = tunnels.filter { $0.bgp == nil || family == .v4 }
    return ["address-family \(family == .v4 ? "ipv4" : "ipv6") unicast"]
      + (announced.map { "network \($0)" } + aggregates(family) + redistributed
      + speaking.flatMap { exchange(over: $0, family) }
      + ["maximum-paths ibgp 8 equal-cluster-length"]).map { " " + $0 }
      + ["exit-address-family"]
  }

  /// Summaries stand beside the networks in them: our own sites' filters take the networks, a third party's the summary.
  private func aggregates(_ family: IPAddress.Family) -> [String] {
    Set(tunnels.flatMap { $0.bgp?.summaries ?? [] }.filter { $0.address.family == family }).sorted()
      .map { "aggregate-address \($0)" }
  }

  private func exchange(over tunnel: Tunnel, _ family: IPAddress.Family) -> [String] {
    let inward = [
      "prefix-list \(RouteFilter.list(of: tunnel, family)) in",
      "route-map \(BGPConfiguration.routeMap(adding: tunnel.cost)) in",
    ]
    let isReflecting = site.routing.isTransit
    let own =
      if let peering = tunnel.bgp {
        [
          "route-map \(BGPConfiguration.export(to: tunnel)) out",
          // Counts what is announced, not what passes the filter; the session is tried again after a minute.
          "maximum-prefix \(peering.maximumPrefixes) restart 1 force",
        ]
      } else {
        (isReflecting ? ["route-reflector-client"] : []) + ["next-hop-self\(isReflecting ? " force" : "")"]
      }
    return (["activate"] + inward + own).map { "neighbor \(tunnel.bgpNeighbour) \($0)" }
  }
}

extension Tunnel {
  /// What bgpd calls the peer at the other end: an address, or the interface.
  var bgpNeighbour: String {
    switch addressing {
    case .numbered(_, let peer): peer.description
    case .unnumbered: interface
    }
  }
}
