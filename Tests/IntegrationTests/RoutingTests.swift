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
        #expect(try lab.nextHops(of: "10.40.0.0/24", at: "berlin", from: "bgp").count == 2)
        #expect(try lab.nextHops(of: "10.42.0.0/24", at: "paris", from: "bgp").count == 1)
        try lab.fabric("lab", "cut", "hq", "isp", "--silent")
        try await lab.eventually("traffic goes by the second hub", within: 20) {
          try lab.ping("10.42.0.10", from: "paris-host", patience: 1)
        }
        try lab.fabric("lab", "mend", "hq", "isp")
        try await lab.eventually("all sessions are up again", within: 60) { try lab.status().hasConverged }
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

extension RunningLab {
  /// What FRR answers at a site.
  func frr(_ site: String, _ questions: String...) throws -> String {
    let arguments = ["-N", LabNames.prefix + site] + questions.flatMap { ["-c", $0] }
    let result = try Program("vtysh", arguments).runAndCapture(timeout: .seconds(10))
    try #require(result.succeeded, "\(result.testDescription)")
    return result.output
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
