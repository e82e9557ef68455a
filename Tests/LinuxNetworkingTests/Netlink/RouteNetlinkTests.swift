import LinuxNetworking
import Testing
import WireFormat

@Suite(.needsRoot)
struct RouteNetlinkTests {
  private let temporary: TemporaryNamespace
  private let routing: RouteNetlink
  private let link: Link

  init() throws {
    temporary = try TemporaryNamespace()
    routing = try RouteNetlink(in: temporary.namespace)
    try routing.createVirtualCable("near", peer: "far")
    link = try routing.existingLink(named: "near")
    try routing.setUp(link: link.index)
    try routing.setUp(link: try routing.existingLink(named: "far").index)
    for text in ["192.0.2.1/24", "2001:db8::1/64"] {
      let address = try #require(InterfaceAddress(text))
      try routing.ensureAddress(LinkAddress(linkIndex: link.index, address: address))
    }
  }

  @Test("An interface is found by name, goes up and down, and can be removed twice")
  func changesLinks() throws {
    #expect(try routing.existingLink(named: "near").isUp)
    try routing.setUp(false, link: link.index)
    let down = try routing.existingLink(named: "near")
    #expect(!down.isUp && !down.hasCarrier)
    try routing.removeLink(named: "near")
    try routing.removeLink(named: "near")
    #expect(try routing.link(named: "far") == nil)
  }

  @Test("An interface becomes a port of a bridge and leaves it")
  func bridges() throws {
    try routing.createBridge("switch")
    let bridge = try routing.existingLink(named: "switch")
    try routing.setBridge(bridge.index, link: link.index)
    #expect(try routing.existingLink(named: "near").bridgeIndex == bridge.index)
    try routing.setBridge(nil, link: link.index)
    #expect(try routing.existingLink(named: "near").bridgeIndex == nil)
  }

  @Test("The other end of a virtual cable can lie in another namespace")
  func crossesNamespaces() throws {
    let other = try TemporaryNamespace()
    try routing.createVirtualCable("here", peer: "there", peerNamespace: other.namespace)
    #expect(try RouteNetlink(in: other.namespace).link(named: "there") != nil)
    #expect(try routing.link(named: "there") == nil)
  }

  @Test("An address is added once however often it is ensured, and removed likewise")
  func changesAddresses() throws {
    for text in ["10.9.8.7/24", "fd00::7/64"] {
      let address = LinkAddress(linkIndex: link.index, address: try #require(InterfaceAddress(text)))
      try routing.ensureAddress(address)
      try routing.ensureAddress(address)
      #expect(try routing.addresses().filter { $0 == address }.count == 1)
      try routing.removeAddress(address)
      try routing.removeAddress(address)
      #expect(try !routing.addresses().contains(address))
    }
  }

  @Test(
    "A route reads back as it was installed, is replaced in place, and can be removed twice",
    arguments: [("10.1.0.0/16", "192.0.2.254", "192.0.2.253"), ("fd01::/48", "2001:db8::fe", "2001:db8::fd")])
  func changesRoutes(network: String, gateway: String, otherGateway: String) throws {
    var hop = NextHop(gateway: IPAddress(gateway), linkIndex: link.index)
    var route = Route(to: try #require(IPPrefix(network)), .nextHops([hop]), metric: 20)
    try routing.ensureRoute(route)
    #expect(try routing.routes().contains(route))
    hop.gateway = IPAddress(otherGateway)
    route.target = .nextHops([hop])
    try routing.ensureRoute(route)
    #expect(try routing.routes().filter { $0.destination == route.destination } == [route])
    try routing.removeRoute(route)
    try routing.removeRoute(route)
    #expect(try !routing.routes().contains { $0.destination == route.destination })
  }

  @Test("A blackhole stands under a tunnel route in a table of its own", arguments: ["10.2.0.0/16", "fd02::/48"])
  func blackholes(network: String) throws {
    let prefix = try #require(IPPrefix(network))
    let tunnel = Route(to: prefix, .nextHops([NextHop(linkIndex: link.index)]), metric: 10, table: 1000)
    let blackhole = Route(to: prefix, .blackhole, metric: 4000, table: 1000)
    try routing.ensureRoute(tunnel)
    try routing.ensureRoute(blackhole)
    let routes = try routing.routes(table: 1000)
    #expect(routes.map(\.metric).sorted() == [10, 4000])
    #expect(routes.first { $0.metric == 4000 }?.target == .blackhole)
    #expect(try !routing.routes().contains { $0.destination == prefix })
  }

  @Test("A route over several next hops reads back with all of them")
  func multipath() throws {
    let hops = [0xC000_02FE, 0xC000_02FD].map { NextHop(gateway: .v4($0), linkIndex: link.index) }
    let route = Route(to: try #require(IPPrefix("10.3.0.0/16")), .nextHops(hops))
    try routing.ensureRoute(route)
    #expect(try routing.routes().contains(route))
  }

  @Test("A gateway outside the interface's networks needs the on-link flag")
  func onLink() throws {
    let gateway = IPAddress.v4(0xCB00_7101)
    var hop = NextHop(gateway: gateway, linkIndex: link.index)
    let network = try #require(IPPrefix("0.0.0.0/0"))
    #expect(throws: LinuxError.self) { try routing.ensureRoute(Route(to: network, .nextHops([hop]))) }
    hop.isOnLink = true
    try routing.ensureRoute(Route(to: network, .nextHops([hop])))
    #expect(try routing.routes().contains { $0.target == .nextHops([hop]) })
  }

  @Test("A rule is added once however often it is ensured, and removed likewise")
  func changesRules() throws {
    let rules = [
      try #require(
        RoutingRule(priority: 900, family: .v4, source: IPPrefix("192.0.2.1/32"), table: 1001)),
      try #require(RoutingRule(priority: 901, family: .v6, mark: 7, table: 1002)),
    ]
    for rule in rules {
      try routing.ensureRule(rule)
      try routing.ensureRule(rule)
      #expect(try routing.rules().filter { $0 == rule }.count == 1)
      try routing.removeRule(rule)
      try routing.removeRule(rule)
      #expect(try !routing.rules().contains(rule))
    }
  }

  @Test("The monitor reports a line that goes down, an address that comes and a route that goes")
  func monitors() throws {
    let monitor = try NetlinkMonitor(in: temporary.namespace)
    let address = LinkAddress(linkIndex: link.index, address: try #require(InterfaceAddress("10.9.9.9/24")))
    try routing.ensureAddress(address)
    let route = Route(to: try #require(IPPrefix("10.4.0.0/16")), .nextHops([NextHop(linkIndex: link.index)]))
    try routing.ensureRoute(route)
    try routing.removeRoute(route)
    try routing.setUp(false, link: link.index)
    let events = try monitor.receive()
    #expect(events.contains(.address(address)))
    #expect(events.contains(.route(route)))
    #expect(events.contains(.routeRemoved(route)))
    #expect(
      events.contains {
        if case .link(let changed) = $0 { changed.index == link.index && !changed.isUp } else { false }
      })
    #expect(try monitor.receive().isEmpty)
  }
}
