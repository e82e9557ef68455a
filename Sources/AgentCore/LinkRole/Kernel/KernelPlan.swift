import LinuxNetworking
import WireFormat

/// What the kernel has, as far as the link role cares.
struct ObservedKernelState: Equatable, Sendable {
  /// An interface.
  struct Interface: Equatable, Sendable {
    var index: Int32
    var isUp: Bool
    var hasCarrier: Bool
    var mtu: UInt32
  }

  /// By name.
  var interfaces: [String: Interface]
  var addresses: Set<LinkAddress>
  /// Of all tables, whoever installed them.
  var routes: [Route]
  var rules: [RoutingRule]

  /// The kernel's numbers of those of the interfaces that are there, by name.
  func indexes(of names: [String]) -> [String: Int32] {
    var indexes: [String: Int32] = [:]
    for name in names { indexes[name] = interfaces[name]?.index }
    return indexes
  }
}

/// One change of the kernel's state.
enum KernelChange: Equatable, Sendable {
  case setMTU(UInt32, link: Int32)
  case setUp(link: Int32)
  case addAddress(LinkAddress)
  case removeAddress(LinkAddress)
  case addRoute(Route)
  case removeRoute(Route)
  case addRule(RoutingRule)
  case removeRule(RoutingRule)
}

/// The difference between what is and what should be, as the changes that close it; empty when nothing is to be done.
///
/// Routes are known by their origin and rules by their priority, so that what an earlier process left is found again.
/// Addresses bear no mark: `previous` says which ones were ours. An interface in `onceUp` that is down now has been taken
/// down by somebody, and stays so.
struct KernelPlan: Equatable, Sendable {
  private(set) var changes: [KernelChange] = []

  init(
    from observed: ObservedKernelState, to desired: DesiredKernelState, previous: DesiredKernelState = .nothing,
    onceUp: Set<Int32> = []
  ) {
    let usable = observed.interfaces.filter { $0.value.isUp || !onceUp.contains($0.value.index) }
    let routes = desired.routes(by: usable)
    // Blackholes stand before anything can lead into a tunnel, and go last (DESIGN.md section 5, invariant 2).
    add(routes.filter(\.isBlackhole), to: observed)
    configureInterfaces(of: desired, on: observed, onceUp)
    add(routes.filter { !$0.isBlackhole }, to: observed)
    changes += desired.rules.filter { !observed.rules.contains($0) }.map { .addRule($0) }
    changes += observed.rules.filter { $0.isOurs && !desired.rules.contains($0) }.map { .removeRule($0) }
    let obsolete = observed.routes.filter { route in
      route.origin == Route.fabricOrigin && !routes.contains { $0.replaces(route) }
    }
    changes += obsolete.filter { !$0.isBlackhole }.map { .removeRoute($0) }
    changes += KernelPlan.addresses(of: previous, on: observed).subtracting(
      KernelPlan.addresses(of: desired, on: observed)
    ).intersection(observed.addresses).sorted { $0.address.address < $1.address.address }.map { .removeAddress($0) }
    changes += obsolete.filter(\.isBlackhole).map { .removeRoute($0) }
  }

  private mutating func add(_ routes: [Route], to observed: ObservedKernelState) {
    changes += routes.filter { !observed.routes.contains($0) }.map { .addRoute($0) }
  }

  private mutating func configureInterfaces(
    of desired: DesiredKernelState, on observed: ObservedKernelState, _ onceUp: Set<Int32>
  ) {
    for interface in desired.interfaces {
      guard let link = observed.interfaces[interface.name] else { continue }
      if let mtu = interface.mtu, mtu != link.mtu { changes.append(.setMTU(mtu, link: link.index)) }
      for address in interface.addresses {
        let address = LinkAddress(linkIndex: link.index, address: address)
        if !observed.addresses.contains(address) { changes.append(.addAddress(address)) }
      }
      if !link.isUp, !onceUp.contains(link.index) { changes.append(.setUp(link: link.index)) }
    }
  }

  private static func addresses(of state: DesiredKernelState, on observed: ObservedKernelState) -> Set<LinkAddress> {
    var addresses: Set<LinkAddress> = []
    for interface in state.interfaces {
      guard let link = observed.interfaces[interface.name] else { continue }
      addresses.formUnion(interface.addresses.map { LinkAddress(linkIndex: link.index, address: $0) })
    }
    return addresses
  }
}

extension DesiredKernelState {
  /// The routes that can stand now: those by interfaces that are not there, or stay down, wait.
  fileprivate func routes(by interfaces: [String: ObservedKernelState.Interface]) -> [Route] {
    let dropped = blackholes.map { Route(to: $0, .blackhole, metric: DesiredKernelState.blackholeMetric) }
    let sent = interfaceRoutes.compactMap { route -> Route? in
      guard let link = interfaces[route.interface] else { return nil }
      let hop = NextHop(gateway: route.gateway, linkIndex: link.index)
      return Route(
        to: route.destination, .nextHops([hop]), metric: route.metric, table: route.table,
        preferredSource: route.preferredSource)
    }
    return dropped + sent
  }
}

extension Route {
  fileprivate var isBlackhole: Bool { target == .blackhole }

  /// Whether installing this route puts it in the place of `other`.
  fileprivate func replaces(_ other: Route) -> Bool {
    destination == other.destination && table == other.table && metric == other.metric
  }
}

extension RoutingRule {
  fileprivate var isOurs: Bool { DesiredKernelState.uplinkTables.contains(priority) }
}
