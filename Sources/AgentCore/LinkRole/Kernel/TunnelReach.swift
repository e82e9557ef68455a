import LinuxNetworking
import Topology
import WireFormat

/// Which networks the kernel really routes into tunnels.
struct TunnelReach {
  private var routes: [IPPrefix: Route] = [:]

  /// Looks at the main table: of several routes to a network, the one with the lowest metric counts.
  init(_ observed: ObservedKernelState) {
    for route in observed.routes where route.table == RoutingTable.main {
      if let known = routes[route.destination], known.metric <= route.metric { continue }
      routes[route.destination] = route
    }
  }

  /// The interfaces that packets to all of `prefix` leave by; empty where they are dropped, or there is no route.
  func interfaces(to prefix: IPPrefix) -> [Int32] {
    for length in stride(from: prefix.length, through: 0, by: -1) {
      guard let covering = IPPrefix(containing: prefix.address, length: length), let route = routes[covering] else {
        continue
      }
      guard case .nextHops(let hops) = route.target else { return [] }
      return hops.compactMap(\.linkIndex)
    }
    return []
  }
}
