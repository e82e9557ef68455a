import Glibc
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("A process that dies")
  struct ProcessDeathTests {
    @Test("costs no packet, be it a supervisor, a role beside esp, or a routing daemon")
    func noPacketLost() async throws {
      try await RunningLab.with(FabricBinary.topology("dual-isp.yaml")) { lab in
        for word in ["fabric-agent run", "--role link", "--role ike", "/zebra ", "/ospfd ", "/bfdd "] {
          // A machine that stops for 150 ms is, to BFD, a line that is dead: so a kill has three goes.
          var lost: [Int] = []
          while lost.last != 0, lost.count < 3 { lost.append(try await packetsLost(killing: word, lab)) }
          #expect(lost.last == 0, "killed: \(word), lost in each go: \(lost)")
        }
      }
    }

    /// How many packets of a stream through Berlin are lost when processes of its gateway are killed.
    private func packetsLost(killing word: String, _ lab: RunningLab) async throws -> Int {
      let traffic = try PingStream(lab, from: "berlin-host", to: "10.20.0.10")
      try await Task.sleep(for: .milliseconds(500))
      for process in try lab.processes("berlin", word) { process.signal(SIGKILL) }
      if word == "fabric-agent run" { try lab.fabric("lab", "restart", "berlin") }
      let lost = try traffic.end()
      try await lab.eventually("converged after \(word) was killed", within: 60) {
        (try? lab.status())?.hasConverged == true
      }
      return lost
    }

    @Test("A new supervisor keeps the roles of the one that was killed, and ends them when it is told to stop")
    func rolesTakenOver() async throws {
      try await RunningLab.with(FabricBinary.topology("two-site.yaml")) { lab in
        let before = try lab.processes("left", "--role")
        for process in try lab.processes("left", "fabric-agent run") { process.signal(SIGKILL) }
        try lab.fabric("lab", "restart", "left")
        try await lab.eventually("the controller hears of the site again", within: 20) {
          (try? lab.status())?.hasConverged == true
        }
        try #expect(lab.processes("left", "--role") == before)
        for process in before.filter({ $0.commandLine.contains("--role ike") }) { process.signal(SIGKILL) }
        try await lab.eventually("the role that died is replaced", within: 10) {
          try lab.processes("left", "--role").count == before.count
        }
        for process in try lab.processes("left", "fabric-agent run") { process.signal(SIGTERM) }
        try await lab.eventually("all roles end", within: 15) { try lab.processes("left", "--role").isEmpty }
      }
    }
  }
}
