import Topology
import WireFormat

/// Internal BGP over the tunnels, one session a tunnel (RFC 4271).
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
    tunnels = site.tunnels.filter(\.peerIsManaged)
  }

  func render(into lines: inout FRRLines) {
    if let bfd = site.routing.bfd { BFDProfile.render(bfd, into: &lines) }
    for cost in Set(tunnels.map(\.cost)).sorted() {
      lines.block("route-map \(BGPConfiguration.routeMap(adding: cost)) permit 10", ["set metric +\(cost)"])
    }
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

  private func session(over tunnel: Tunnel) -> [String] {
    let remote = tunnel.addressing == .unnumbered ? "interface remote-as internal" : "remote-as internal"
    let neighbour = "neighbor \(tunnel.bgpNeighbour)"
    return ["\(neighbour) \(remote)"]
      + (site.routing.bfd == nil ? [] : ["\(neighbour) bfd", "\(neighbour) bfd profile \(BFDProfile.name)"])
      + ["\(neighbour) timers connect 1"]
  }

  private func family(_ family: IPAddress.Family) -> [String] {
    let announced = site.routing.announced.filter { $0.address.family == family }
    let redistributed = site.tunnels.contains { !$0.peerIsManaged } ? ["redistribute static"] : []
    return ["address-family \(family == .v4 ? "ipv4" : "ipv6") unicast"]
      + (announced.map { "network \($0)" } + redistributed + tunnels.flatMap { exchange(over: $0, family) }
      + ["maximum-paths ibgp 8 equal-cluster-length"]).map { " " + $0 }
      + ["exit-address-family"]
  }

  private func exchange(over tunnel: Tunnel, _ family: IPAddress.Family) -> [String] {
    let isReflecting = site.routing.isTransit
    return [
      "activate", isReflecting ? "next-hop-self force" : "next-hop-self",
      "prefix-list \(RouteFilter.list(of: tunnel, family)) in",
      "route-map \(BGPConfiguration.routeMap(adding: tunnel.cost)) in",
    ].map { "neighbor \(tunnel.bgpNeighbour) \($0)" }
      + (isReflecting ? ["neighbor \(tunnel.bgpNeighbour) route-reflector-client"] : [])
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
