import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Shortcuts between spokes")
  struct ShortcutTests {
    @Test("come up while two branches talk, without loss, go when they are silent, and never where both are behind NAT")
    func onDemand() async throws {
      try await RunningLab.with(FabricBinary.topology("shortcuts.yaml")) { lab in
        // `lab up` has sent pings between all hosts.
        try await lab.eventually("berlin and paris talk past the hub", within: 60) {
          try routesPastHub("berlin", lab: lab)
        }
        #expect(try tunnels(of: "berlin", lab) == ["berlin.dsl--hq.isp", "berlin.dsl--paris.fiber"])
        #expect(try tunnels(of: "hq", lab).count == 3)

        let pings = try Program(
          "ping", ["-q", "-i", "0.02", "-c", "400", "10.62.0.10"], in: lab.namespace("berlin-host")
        )
        .runAndCapture(timeout: .seconds(30))
        #expect(pings.output.contains("400 received"), "\(pings.output)")

        try await lab.eventually("the shortcut goes when they are silent", within: 60) {
          try tunnels(of: "berlin", lab) == ["berlin.dsl--hq.isp"]
        }
        try #expect(lab.ping("10.62.0.10", from: "berlin-host"))
        try await lab.eventually("it comes back with the next packets", within: 60) {
          _ = try lab.ping("10.62.0.10", from: "berlin-host")
          return try routesPastHub("berlin", lab: lab)
        }
      }
    }

    /// Whether berlin's packets to paris leave by another tunnel than those to rome.
    private func routesPastHub(_ gateway: String, lab: RunningLab) throws -> Bool {
      func interface(to address: String) throws -> Substring? {
        let route = try Program("ip", ["route", "get", address], in: lab.namespace(gateway)).runAndCapture().output
        let words = route.split(separator: " ")
        return words.firstIndex(of: "dev").map { words[words.index(after: $0)] }
      }
      return try interface(to: "10.62.0.10") != interface(to: "10.63.0.10")
    }

    private func tunnels(of site: String, _ lab: RunningLab) throws -> [String] {
      let state = try lab.status().sites.first { $0.site == site }
      return (state?.status?.tunnels ?? []).map(\.name).sorted()
    }
  }
}
