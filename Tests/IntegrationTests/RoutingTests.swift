import Foundation
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Routing")
  struct RoutingTests {
    @Test(
      "by BGP prefers the first hub, spreads over equal lines, and moves to the second hub when the first one is lost",
      arguments: [false, true])
    func bgp(isNumbered: Bool) async throws {
      try await RunningLab.with(text: RoutingTests.bgpTopology(isNumbered: isNumbered)) { lab in
        try #expect(lab.allHostsReachEachOther())
        let peers = try lab.frr("hq", "show bgp ipv4 unicast summary json")
        #expect(peers.components(separatedBy: "\"state\":\"Established\"").count - 1 == 4)
        // A session that has just come up has yet to bring its routes.
        try await lab.eventually("both lines to the first hub are equal", within: 30) {
          try lab.nextHops(of: "10.40.0.0/24", at: "berlin", from: "bgp").count == 2
        }
        try await lab.eventually("the first hub is preferred", within: 30) {
          try lab.nextHops(of: "10.42.0.0/24", at: "paris", from: "bgp").count == 1
        }
        let lines = try (1...16).map { try lab.route(to: "10.40.0.10", at: "berlin", flow: $0) }
        #expect(Set(lines).count == 2, "\(lines)")
        #expect(try lines == (1...16).map { try lab.route(to: "10.40.0.10", at: "berlin", flow: $0) })
        try lab.fabric("lab", "cut", "hq", "isp", "--silent")
        try await lab.eventually("traffic goes by the second hub", within: 20) {
          try lab.ping("10.42.0.10", from: "paris-host", patience: 1)
        }
        try lab.fabric("lab", "mend", "hq", "isp")
        try await lab.eventually("all sessions are up again", within: 60) { try lab.status().hasConverged }
      }
    }

    @Test(
      "has its neighbours and its routes, and takes the other line when one swallows everything", arguments: Overlay.all
    )
    func overlays(overlay: Overlay) async throws {
      try await RunningLab.with(text: overlay.topology()) { lab in
        #expect(try lab.adjacencies(at: "berlin", overlay.routingProtocol) == 4)
        try await lab.eventually("\(overlay) prefers the first line", within: 20) {
          try lab.nextHops(of: "10.20.0.0/24", at: "berlin", from: overlay.routingProtocol) == ["vti1"]
        }
        try lab.fabric("lab", "cut", "berlin", "fiber", "--silent")
        let cut = ContinuousClock.now
        try await lab.eventually("\(overlay) takes the other line", within: 20) {
          try lab.nextHops(of: "10.20.0.0/24", at: "berlin", from: overlay.routingProtocol) == ["vti3"]
        }
        print("\(overlay): other line in \(cut.duration(to: .now))")
        try #expect(lab.allHostsReachEachOther())
        try lab.fabric("lab", "mend", "berlin", "fiber")
        try await lab.eventually("\(overlay) takes the first line again", within: 60) {
          try lab.nextHops(of: "10.20.0.0/24", at: "berlin", from: overlay.routingProtocol) == ["vti1"]
        }
        try await lab.eventually("\(overlay) has all neighbours again", within: 60) {
          try lab.adjacencies(at: "berlin", overlay.routingProtocol) == 4
        }
      }
    }

    @Test("by OSPF tells other areas one summary, and a default route of a stub area takes no packet")
    func summaries() async throws {
      try await RunningLab.with(FabricBinary.topology("two-regions.yaml")) { lab in
        try await lab.eventually("boston has europe's summary", within: 20) {
          try lab.nextHops(of: "10.61.0.0/16", at: "boston", from: "ospf").count == 1
        }
        struct Route: Decodable { let routeType: String }
        let answer = try lab.frr("boston", "show ip ospf route json")
        let routes = try JSONDecoder().decode([String: Route].self, from: Data(answer.utf8))
        #expect(routes["10.61.0.0/16"]?.routeType == "N IA", "\(answer)")
        #expect(routes["0.0.0.0/0"]?.routeType == "N IA")
        #expect(routes["10.61.0.0/24"] == nil && routes["10.61.1.0/24"] == nil)
        #expect(try lab.nextHops(of: "0.0.0.0/0", at: "boston", from: "ospf") == [])
        // Of the summary, a part is nobody's: it ends at the border.
        let nobody = try Program("ip", ["route", "get", "10.61.9.1"], in: lab.namespace("core")).runAndCapture()
        #expect(!nobody.succeeded, "\(nobody.testDescription)")
        try #expect(lab.ping("10.61.1.10", from: "boston-host"))
      }
    }

    @Test(
      "take from a spoke its own networks only, whatever it announces",
      arguments: Lie.allCases)
    func lyingSpoke(lie: Lie) async throws {
      try await RunningLab.with(lie.topology) { lab in
        let before = try ["hq", "backup"].map { try lab.route(to: lie.parisHost, at: $0) }
        try lab.tell(lie, at: "berlin")
        try await lab.eventually("the hub hears of half of paris's network, which nobody has", within: 20) {
          try lab.frr(lie.whereItIsSeen.site, lie.whereItIsSeen.question).contains(lie.halfOfParis)
        }
        try await Task.sleep(for: .seconds(1))
        for (hub, route) in zip(["hq", "backup"], before) {
          try #expect(lab.route(to: lie.parisHost, at: hub) == route)
          let table = try Program("ip", ["route", "show"], in: lab.namespace(hub)).runAndCapture(timeout: .seconds(5))
          let learned = table.output.split(separator: "\n").filter { $0.contains("dev vti") }
          #expect(!learned.contains { $0.hasPrefix(lie.halfOfParis) || $0.hasPrefix("default") }, "\(learned)")
        }
        try #expect(lab.ping(lie.parisHost, from: "hq-host"))
      }
    }

    private static func bgpTopology(isNumbered: Bool) throws -> String {
      let text = try String(contentsOfFile: FabricBinary.topology("bgp.yaml"), encoding: .utf8)
      guard isNumbered else { return text }
      return text.replacing("addressing: unnumbered", with: "pool: 172.31.0.0/24")
        .replacing(/, "2001:db8:[0-9]+::1\/64"/, with: "")
    }
  }
}

/// Two sites with two lines each, under one of the routing protocols.
struct Overlay: CustomTestStringConvertible, Sendable {
  let routingProtocol: String
  let isNumbered: Bool

  static let all = [
    Overlay(routingProtocol: "ospf", isNumbered: false), Overlay(routingProtocol: "ospf", isNumbered: true),
    Overlay(routingProtocol: "bgp", isNumbered: false), Overlay(routingProtocol: "bgp", isNumbered: true),
    Overlay(routingProtocol: "eigrp", isNumbered: true),
  ]

  var testDescription: String { "\(routingProtocol) over \(isNumbered ? "numbered" : "unnumbered") tunnels" }

  func topology() throws -> String {
    let bfd = "bfd: { interval: 50ms, multiplier: 3 }"
    let routing =
      switch routingProtocol {
      case "bgp": "protocol: bgp, autonomousSystem: 65000, \(bfd)"
      case "eigrp": "protocol: eigrp, autonomousSystem: 777"
      default: "protocol: ospf, area: 0, \(bfd)"
      }
    let text = try String(contentsOfFile: FabricBinary.topology("dual-isp.yaml"), encoding: .utf8)
    return text.replacing("protocol: ospf, area: 0, \(bfd)", with: routing)
      .replacing("addressing: unnumbered", with: isNumbered ? "pool: 172.31.0.0/24" : "addressing: unnumbered")
  }
}

/// Networks of others, and a default route, that a branch claims for its own.
enum Lie: CaseIterable, Sendable {
  case ospf, bgp

  var topology: String { FabricBinary.topology(self == .ospf ? "dual-hub.yaml" : "bgp.yaml") }

  private var paris: String { self == .bgp ? "10.43.0" : "10.33.0" }
  var parisHost: String { paris + ".10" }
  var halfOfParis: String { paris + ".0/25" }
  /// Addresses that make the networks the liar's own.
  var addresses: [String] { [paris + ".9/24", paris + ".8/25"] }

  var configuration: [String] {
    switch self {
    case .ospf:
      [
        "interface liar", "ip ospf area 0", "ip ospf cost 1", "ip ospf passive", "router ospf",
        "default-information originate always metric 1",
      ]
    case .bgp:
      [
        "router bgp 65000", "address-family ipv4 unicast", "network 10.43.0.0/24", "network 10.43.0.0/25",
        "redistribute kernel",
      ]
    }
  }

  /// Where the lie shows: with OSPF in the hub's own table; with BGP the hub's filter comes before its table.
  var whereItIsSeen: (site: String, question: String) {
    switch self {
    case .ospf: ("hq", "show ip ospf route")
    case .bgp: ("berlin", "show bgp ipv4 unicast neighbors vti5 advertised-routes")
    }
  }
}

extension RunningLab {
  /// Has a site's routing daemon announce what is not the site's.
  func tell(_ lie: Lie, at site: String) throws {
    let commands =
      ["link add liar type veth peer name truth", "link set truth up", "link set liar up"]
      + lie.addresses.map { "address add \($0) dev liar" }
    for command in commands {
      let arguments = command.split(separator: " ").map(String.init)
      _ = try Program("ip", arguments, in: namespace(site)).run(timeout: .seconds(5))
    }
    let arguments = (["configure terminal"] + lie.configuration).flatMap { ["-c", $0] }
    _ = try Program("vtysh", ["-N", LabNames.prefix + site] + arguments).run(timeout: .seconds(5))
  }

  /// The interface by which packets to an address, or those of a TCP flow to it, leave a site.
  func route(to address: String, at site: String, flow port: Int? = nil) throws -> String {
    let flow = port.map { ["ipproto", "tcp", "sport", "\($0)", "dport", "80"] } ?? []
    let answer = try Program("ip", ["-o", "route", "get", address] + flow, in: namespace(site)).runAndCapture(
      timeout: .seconds(5))
    let words = answer.output.split(separator: " ")
    let device = try #require(words.firstIndex(of: "dev"), "\(answer.testDescription)")
    return String(words[device + 1])
  }

  /// What FRR answers at a site.
  func frr(_ site: String, _ questions: String...) throws -> String {
    let arguments = ["-N", LabNames.prefix + site] + questions.flatMap { ["-c", $0] }
    let result = try Program("vtysh", arguments).runAndCapture(timeout: .seconds(10))
    try #require(result.succeeded, "\(result.testDescription)")
    return result.output
  }

  /// How many neighbours exchange routes with a site, as its routing daemon tells; eigrpd knows no JSON.
  func adjacencies(at site: String, _ routingProtocol: String) throws -> Int {
    struct OSPF: Decodable {
      struct Neighbour: Decodable { let nbrState: String }
      let neighbors: [String: [Neighbour]]
    }
    struct BGP: Decodable {
      struct Peer: Decodable { let state: String }
      let peers: [String: Peer]
    }
    switch routingProtocol {
    case "ospf":
      let answer = try JSONDecoder().decode(OSPF.self, from: Data(frr(site, "show ip ospf neighbor json").utf8))
      return answer.neighbors.values.joined().count { $0.nbrState.hasPrefix("Full") }
    case "bgp":
      let answer = try JSONDecoder().decode(BGP.self, from: Data(frr(site, "show bgp ipv4 unicast summary json").utf8))
      return answer.peers.values.count { $0.state == "Established" }
    default:
      return try frr(site, "show ip eigrp neighbors").split(separator: "\n").count { $0.contains(/^[0-9]+ +172\.31\./) }
    }
  }

  /// The interfaces that packets to a network leave by, as zebra has it from a routing protocol.
  func nextHops(of network: String, at site: String, from source: String) throws -> [String] {
    struct Route: Decodable {
      struct NextHop: Decodable { let interfaceName: String?, fib: Bool? }
      let `protocol`: String, nexthops: [NextHop]
    }
    let family = network.contains(":") ? "ipv6" : "ip"
    let answer = try frr(site, "show \(family) route \(network) json")
    let routes = try JSONDecoder().decode([String: [Route]].self, from: Data(answer.utf8)).values.joined()
    return routes.filter { $0.protocol == source }.flatMap(\.nexthops).filter { $0.fib == true }
      .compactMap(\.interfaceName).sorted()
  }
}
