import Topology
import WireFormat

/// The static routes of a site: into every tunnel of a static overlay, and to the third parties of any other.
struct StaticRoutes: Equatable {
  struct Route: Equatable {
    let destination: IPPrefix
    let interface: String
    /// The administrative distance: the cheapest tunnel has 1, the next 2.
    let distance: Int
  }

  let routes: [Route]

  init(_ site: SiteConfiguration) {
    let tunnels = site.tunnels.filter { site.routing.routingProtocol == .static || $0.hasStaticRoutes }
    let costs = Set(tunnels.map(\.cost)).sorted()
    routes = tunnels.flatMap { tunnel in
      // 255 would be a route that zebra never takes.
      let distance = min(254, (costs.firstIndex(of: tunnel.cost) ?? 0) + 1)
      return tunnel.peerPrefixes.map { Route(destination: $0, interface: tunnel.interface, distance: distance) }
    }
  }

  func render(into lines: inout FRRLines) {
    guard !routes.isEmpty else { return }
    lines.add("!")
    for route in routes {
      let ip = route.destination.address.family == .v4 ? "ip" : "ipv6"
      // FRR leaves the distance out where it is 1, and is read back.
      let distance = route.distance == 1 ? "" : " \(route.distance)"
      lines.add("\(ip) route \(route.destination) \(route.interface)\(distance)")
    }
  }
}

extension Tunnel {
  /// Whether the peer speaks no routing protocol with us.
  var hasStaticRoutes: Bool { !peerIsManaged && bgp == nil }
}
