import Testing
import WireFormat

@testable import Lab
@testable import Topology

@Suite("The plan of a lab")
struct LabPlanTests {
  @Test("A site becomes a gateway, a host and a line, joined by the internet")
  func namespacesOfASite() throws {
    let plan = try LabPlan(SampleTopology.document([fixedSite()]))
    #expect(
      plan.namespaces.map(\.shortName) == ["internet", "controller", "hq", "hq-host", "isp-hq-isp-a"])
    #expect(
      plan.cables.map { [$0.near, $0.far].map { "\($0.namespace.dropFirst(11)) \($0.interface)" } } == [
        ["hq mgmt0", "controller port1"], ["hq lan0", "hq-host eth0"], ["hq wan0", "isp-hq-isp-a line"],
        ["isp-hq-isp-a internet", "internet line1"],
      ])
  }

  @Test("A managed gateway has only its management address: its agent does the rest")
  func managedGatewayIsBare() throws {
    let plan = try LabPlan(SampleTopology.document([fixedSite()]))
    let gateway = try #require(plan.namespace(named: "fabric-lab-hq"))
    #expect(gateway.configuration == ["addr replace 169.254.1.1/16 dev mgmt0"])
    #expect(gateway.settings.isEmpty)
  }

  @Test("A third party's gateway is addressed and forwards")
  func unmanagedGatewayIsAddressed() throws {
    let plan = try LabPlan(SampleTopology.document([fixedSite(isManaged: false)]))
    let gateway = try #require(plan.namespace(named: "fabric-lab-hq"))
    #expect(gateway.configuration.contains("addr replace 10.0.0.1/24 dev lan0"))
    #expect(gateway.configuration.contains("addr replace 198.51.100.1/24 dev wan0"))
    #expect(gateway.configuration.contains("route replace 0.0.0.0/0 via 198.51.100.254 dev wan0 metric 1"))
    #expect(gateway.settings["net/ipv4/ip_forward"] == "1")
  }

  @Test("A host takes the tenth address of its LAN and leaves by the gateway")
  func hostAddress() throws {
    let plan = try LabPlan(SampleTopology.document([fixedSite()]))
    let host = try #require(plan.namespace(named: "fabric-lab-hq-host"))
    #expect(
      host.configuration == [
        "addr replace 10.0.0.10/24 dev eth0", "route replace 0.0.0.0/0 via 10.0.0.1 dev eth0 metric 1",
      ])
  }

  @Test(
    "A host's address is never the gateway's, the network's or the broadcast address",
    arguments: [
      ("10.0.0.10/24", "10.0.0.0"), ("10.0.0.1/30", "10.0.0.2"), ("10.0.0.2/30", "10.0.0.1"),
      ("10.0.0.0/31", "10.0.0.1"), ("fd00::1/64", "fd00::a"), ("10.0.0.9/28", "10.0.0.10"),
    ])
  func hostBesideGateway(gateway: String, expected: String) throws {
    let gateway = try #require(InterfaceAddress(gateway))
    let host = try #require(LabAddresses.host(beside: gateway))
    #expect(host.address != gateway.address)
    #expect(gateway.prefix.contains(host.address))
    if expected != "10.0.0.0" { #expect(host.address.description == expected) }
    if gateway.length < 31 { #expect(host.address != gateway.prefix.address) }
  }

  @Test("A network of one address has no room for a host")
  func noRoomForAHost() throws {
    #expect(LabAddresses.host(beside: try #require(InterfaceAddress("10.0.0.1/32"))) == nil)
  }

  @Test("A NAT that forgets maps to other ports, each time to new ones; a line without NAT has nothing to forget")
  func rebinding() throws {
    let sites = [
      try SampleTopology.site(
        "a", lan: "10.1.0.1/24", uplinks: [SampleTopology.fixed("x", "192.0.2.1/24", gateway: "192.0.2.254")]),
      try SampleTopology.site("b", lan: "10.2.0.1/24", uplinks: [SampleTopology.leased("y", behindNAT: true)]),
    ]
    let plan = try LabPlan(SampleTopology.document(sites))
    let nat = try #require(plan.namespace(named: LabNames.isp("b", "y")))
    let address = try #require(nat.transitAddress)
    #expect(nat.rebinding(1, to: address)?.contains("snat ip to \(address):21000-21999") == true)
    #expect(nat.rebinding(2, to: address)?.contains("ct zone set 2;") == true)
    #expect(nat.rebinding(39, to: address)?.contains(":59000-59999") == true)
    #expect(try #require(plan.namespace(named: LabNames.isp("a", "x"))).rebinding(1, to: address) == nil)
  }

  @Test("The internet routes to a fixed address and not to a translated one")
  func internetRoutes() throws {
    let sites = [
      try SampleTopology.site(
        "a", lan: "10.1.0.1/24", uplinks: [SampleTopology.fixed("x", "192.0.2.1/24", gateway: "192.0.2.254")]),
      try SampleTopology.site(
        "b", lan: "10.2.0.1/24",
        uplinks: [SampleTopology.fixed("y", "192.168.1.2/24", gateway: "192.168.1.1", behindNAT: true)]),
    ]
    let plan = try LabPlan(SampleTopology.document(sites))
    let internet = try #require(plan.namespace(named: LabNames.internet))
    #expect(internet.routes.map(\.destination.description) == ["192.0.2.1/32"])
    let translated = try #require(plan.namespace(named: "fabric-lab-isp-b-y"))
    #expect(translated.masqueradedInterface == "internet")
    #expect(translated.ruleset?.contains("oifname \"internet\" masquerade") == true)
  }

  @Test("A leased line behind NAT gets shared address space, one without NAT addresses that the internet routes")
  func leasedLines() throws {
    let sites = [
      try SampleTopology.site("a", lan: "10.1.0.1/24", uplinks: [SampleTopology.leased("x", behindNAT: true)]),
      try SampleTopology.site("b", lan: "10.2.0.1/24", uplinks: [SampleTopology.leased("y", behindNAT: false)]),
    ]
    let plan = try LabPlan(SampleTopology.document(sites))
    let translated = try #require(plan.namespace(named: "fabric-lab-isp-a-x"))
    #expect(translated.leases?.router.description == "100.64.1.1/24")
    #expect(translated.leases?.arguments.contains("--dhcp-range=100.64.1.100,100.64.1.199,1h") == true)
    let open = try #require(plan.namespace(named: "fabric-lab-isp-b-y"))
    #expect(open.leases?.router.description == "198.19.2.1/24")
    #expect(open.masqueradedInterface == nil)
    let internet = try #require(plan.namespace(named: LabNames.internet))
    #expect(internet.routes.map(\.destination.description) == ["198.19.2.0/24"])
  }

  @Test("Where two lines share a network, each ISP answers for the other's customer")
  func sharedNetwork() throws {
    let sites = try [("a", "192.0.2.1/24"), ("b", "192.0.2.2/24")].map { name, address in
      try SampleTopology.site(
        name, lan: "10.1.0.1/24", uplinks: [SampleTopology.fixed("x", address, gateway: "192.0.2.254")])
    }
    let plan = try LabPlan(SampleTopology.document(sites))
    let isp = try #require(plan.namespace(named: "fabric-lab-isp-a-x"))
    #expect(isp.configuration.contains("neigh replace proxy 192.0.2.2 dev line"))
    #expect(isp.configuration.contains("route replace 192.0.2.1/32 dev line metric 1"))
  }

  @Test("An IPv4 line carries no IPv6 at all")
  func lineWithoutIPv6() throws {
    let plan = try LabPlan(SampleTopology.document([fixedSite()]))
    let isp = try #require(plan.namespace(named: "fabric-lab-isp-hq-isp-a"))
    #expect(isp.settings["net/ipv6/conf/line/disable_ipv6"] == "1")
  }

  @Test("A site that would take another namespace's name is refused")
  func nameTaken() throws {
    let site = try SampleTopology.site("internet", lan: "10.0.0.1/24", uplinks: [])
    #expect(throws: LabError.nameTaken("internet")) { try LabPlan(SampleTopology.document([site])) }
  }

  private func fixedSite(isManaged: Bool = true) throws -> Site {
    try SampleTopology.site(
      "hq", lan: "10.0.0.1/24",
      uplinks: [SampleTopology.fixed("isp-a", "198.51.100.1/24", gateway: "198.51.100.254")], isManaged: isManaged)
  }
}
