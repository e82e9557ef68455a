import LinuxNetworking
import Topology
import WireFormat

/// Which networks the kernel really routes into tunnels.
struct TunnelReach {
  private var routes: [IPPrefix: Route] = [:]

  /// Looks at the main table: of several routes to a network, the one with the lowest metric counts. Those by
  /// interfaces without carrier do not count.
  init(_ observed: ObservedKernelState) {
    let dead = Set(observed.interfaces.values.filter { !$0.hasCarrier }.map(\.index))
    for route in observed.routes where route.table == RoutingTable.main && !route.leaves(only: dead) {
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

extension Route {
  /// Whether its packets can leave by no other interface than these.
  fileprivate func leaves(only interfaces: Set<Int32>) -> Bool {
    guard case .nextHops(let hops) = target, !hops.isEmpty else { return false }
    return hops.allSatisfy { hop in hop.linkIndex.map { interfaces.contains($0) } ?? false }
  }
}
