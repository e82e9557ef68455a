import LinuxNetworking
import Testing
import Topology
import WireFormat

@testable import AgentCore

@Suite("The kernel plan")
struct KernelPlanTests {
  private let desired = DesiredKernelState(
    SampleSite.configuration(), mtus: ["berlin.dsl--hq.isp": 1438, "berlin.lte--hq.isp": 1400], leases: [:])

  @Test("puts the blackholes up before anything else")
  func blackholesFirst() {
    let plan = KernelPlan(from: machine(), to: desired)
    let kinds = plan.changes.map { if case .addRoute(let route) = $0 { route.target == .blackhole } else { false } }
    #expect(kinds.prefix(2) == [true, true])
    #expect(!kinds.dropFirst(2).contains(true))
  }

  @Test("has nothing to do once it has been carried out")
  func idempotent() {
    var machine = machine(withTunnels: true)
    machine.apply(KernelPlan(from: machine, to: desired))
    #expect(KernelPlan(from: machine, to: desired, previous: desired).changes.isEmpty)
  }

  @Test("gives a VTI the site's loopback, the MTU that ESP leaves, and sets it up last")
  func tunnelInterface() {
    let changes = KernelPlan(from: machine(withTunnels: true), to: desired).changes
    let loopback = LinkAddress(linkIndex: 11, address: SampleSite.interfaceAddress("10.255.0.11/32"))
    let wanted: [KernelChange] = [.setMTU(1438, link: 11), .addAddress(loopback), .setUp(link: 11)]
    #expect(changes.filter { wanted.contains($0) } == wanted)
  }

  @Test("leaves interfaces that are not there for later")
  func missingInterface() {
    let changes = KernelPlan(from: machine(), to: desired).changes
    #expect(!changes.contains(.setUp(link: 11)))
    #expect(!changes.contains(.setMTU(1438, link: 11)))
  }

  @Test("leaves an interface down that somebody has taken down, and routes nothing by it")
  func takenDown() {
    var machine = machine()
    machine.apply(KernelPlan(from: machine, to: desired))
    machine.interfaces["wan0"]?.isUp = false
    machine.routes.removeAll { $0.target == .nextHops([NextHop(linkIndex: 2)]) }
    let changes = KernelPlan(from: machine, to: desired, previous: desired, onceUp: [1, 2, 3, 4]).changes
    #expect(!changes.contains(.setUp(link: 2)))
    #expect(!changes.contains { if case .addRoute = $0 { true } else { false } })
  }

  @Test("sends each line's own packets by that line's router")
  func policyRouting() {
    let changes = KernelPlan(from: machine(), to: desired).changes
    let own = SampleSite.address("203.0.113.11")
    let byLine = Route(
      to: .any(.v4), .nextHops([NextHop(gateway: SampleSite.address("203.0.113.254"), linkIndex: 3)]), metric: 1,
      table: 10_001, preferredSource: own)
    #expect(changes.contains(.addRoute(byLine)))
    let rule = RoutingRule(priority: 10_001, family: .v4, source: IPPrefix(host: own), table: 10_001)
    #expect(rule.map { changes.contains(.addRule($0)) } == true)
  }

  @Test("prefers the line with the better priority for everybody else")
  func defaultRoutes() {
    let routes = KernelPlan(from: machine(), to: desired).changes.compactMap { change -> Route? in
      if case .addRoute(let route) = change, route.destination.length == 0, route.table == RoutingTable.main {
        return route
      }
      return nil
    }
    #expect(routes.map(\.preferredSource).first == SampleSite.address("198.51.100.11"))
    #expect(routes.map(\.metric) == [100, 201])
  }

  @Test("removes what an earlier process installed and nobody wants, blackholes last, and no route of others")
  func leftovers() {
    var machine = machine(withTunnels: true)
    machine.apply(KernelPlan(from: machine, to: desired))
    let foreign = Route(to: SampleSite.prefix("192.0.2.0/24"), .blackhole, metric: 5, origin: 4)
    machine.routes.append(foreign)
    let changes = KernelPlan(from: machine, to: .nothing, previous: desired).changes
    #expect(!changes.contains(.removeRoute(foreign)))
    machine.apply(KernelPlan(from: machine, to: .nothing, previous: desired))
    #expect(machine.routes == [foreign])
    #expect(machine.rules.isEmpty)
    #expect(machine.addresses.isEmpty)
    let lastTwo = changes.suffix(2).map {
      if case .removeRoute(let route) = $0 { route.target == .blackhole } else { false }
    }
    #expect(lastTwo == [true, true])
  }

  @Test("takes away an address that the new revision does not have, and leaves those that were never ours")
  func changedAddress() {
    var machine = machine()
    machine.apply(KernelPlan(from: machine, to: desired))
    let foreign = LinkAddress(linkIndex: 4, address: SampleSite.interfaceAddress("192.168.7.1/24"))
    machine.addresses.insert(foreign)
    var changed = SampleSite.configuration(revision: 2)
    changed.lans[0].addresses = [SampleSite.interfaceAddress("10.1.9.1/24")]
    let next = DesiredKernelState(changed, mtus: [:], leases: [:])
    let changes = KernelPlan(from: machine, to: next, previous: desired).changes
    let old = LinkAddress(linkIndex: 4, address: SampleSite.interfaceAddress("10.1.0.1/24"))
    #expect(changes.contains(.removeAddress(old)))
    #expect(!changes.contains(.removeAddress(foreign)))
  }

  @Test("addresses a DHCP line from its lease, and routes nothing by it without one")
  func lease() {
    var site = SampleSite.configuration()
    site.uplinks[1].addressing = .dhcp
    let without = DesiredKernelState(site, mtus: [:], leases: [:])
    #expect(without.rules.count == 1)
    let lease = UplinkAddress(
      address: SampleSite.interfaceAddress("100.64.3.7/22"), gateway: SampleSite.address("100.64.0.1"))
    let with = DesiredKernelState(site, mtus: [:], leases: ["lte": lease])
    #expect(with.rules.map(\.source).contains(IPPrefix(host: lease.address.address)))
    #expect(with.interfaces.contains { $0.name == "wan1" && $0.addresses == [lease.address] })
  }

  @Test("sees a network as reached only where its best route leads into an interface")
  func reach() {
    var machine = machine(withTunnels: true)
    let network = SampleSite.prefix("10.0.0.0/24")
    machine.routes = [Route(to: network, .blackhole, metric: DesiredKernelState.blackholeMetric)]
    #expect(TunnelReach(machine).interfaces(to: network).isEmpty)
    machine.routes.append(Route(to: network, .nextHops([NextHop(linkIndex: 11)]), metric: 20, origin: 188))
    #expect(TunnelReach(machine).interfaces(to: network) == [11])
    #expect(TunnelReach(machine).interfaces(to: SampleSite.prefix("10.0.0.128/25")) == [11])
    #expect(TunnelReach(machine).interfaces(to: SampleSite.prefix("10.0.0.0/16")).isEmpty)
    machine.interfaces["vti0"]?.hasCarrier = false
    #expect(TunnelReach(machine).interfaces(to: network).isEmpty)
  }

  @Test("gives every network behind a tunnel a route of its own under the routing daemons', better by better tunnels")
  func floatingRoutes() {
    var machine = machine(withTunnels: true)
    machine.apply(KernelPlan(from: machine, to: desired))
    let network = SampleSite.prefix("10.0.0.0/24")
    let routes = machine.routes.filter { $0.destination == network }.sorted { $0.metric < $1.metric }
    #expect(
      routes.map(\.target) == [.nextHops([NextHop(linkIndex: 11)]), .nextHops([NextHop(linkIndex: 12)]), .blackhole])
    #expect(routes.allSatisfy { $0.metric >> 24 == 255 })
    machine.interfaces["vti0"]?.hasCarrier = false
    #expect(TunnelReach(machine).interfaces(to: network) == [12])
  }

  /// A machine with its lines and LAN, as it comes up.
  private func machine(withTunnels: Bool = false) -> ObservedKernelState {
    let names = ["lo", "wan0", "wan1", "lan0"]
    var interfaces: [String: ObservedKernelState.Interface] = [:]
    for (index, name) in names.enumerated() {
      interfaces[name] = .init(index: Int32(index + 1), isUp: false, hasCarrier: true, mtu: 1500)
    }
    if withTunnels {
      interfaces["vti0"] = .init(index: 11, isUp: false, hasCarrier: true, mtu: 1500)
      interfaces["vti1"] = .init(index: 12, isUp: false, hasCarrier: true, mtu: 1500)
    }
    return ObservedKernelState(interfaces: interfaces, addresses: [], routes: [], rules: [])
  }
}

extension ObservedKernelState {
  /// What the kernel would do.
  mutating func apply(_ plan: KernelPlan) {
    for change in plan.changes {
      switch change {
      case .setMTU(let mtu, let link): update(link) { $0.mtu = mtu }
      case .setUp(let link): update(link) { $0.isUp = true }
      case .addAddress(let address): addresses.insert(address)
      case .removeAddress(let address): addresses.remove(address)
      case .addRoute(let route): routes.append(route)
      case .removeRoute(let route): routes.removeAll { $0 == route }
      case .addRule(let rule): rules.append(rule)
      case .removeRule(let rule): rules.removeAll { $0 == rule }
      }
    }
  }

  private mutating func update(_ link: Int32, _ change: (inout Interface) -> Void) {
    for (name, interface) in interfaces where interface.index == link {
      var changed = interface
      change(&changed)
      interfaces[name] = changed
    }
  }
}
