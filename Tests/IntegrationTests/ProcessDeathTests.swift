import Foundation
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
          var lost: [Int?] = []
          while lost.last != 0, lost.count < 3 { lost.append(try await packetsLost(killing: word, lab)) }
          #expect(lost.last == 0, "killed: \(word), lost in each go: \(lost)")
        }
      }
    }

    /// How many packets of a stream through Berlin are lost when processes of its gateway are killed.
    private func packetsLost(killing word: String, _ lab: RunningLab) async throws -> Int? {
      let traffic = try Traffic(lab, to: "10.20.0.10")
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

/// Two hundred packets a second from Berlin's host for six seconds.
private struct Traffic {
  private let ping: ChildProcess
  private let output: FileDescriptor

  init(_ lab: RunningLab, to address: String) throws {
    var program = Program("ping", ["-n", "-q", "-i", "0.005", "-c", "1200", "-w", "10", address])
    program.namespace = lab.namespace("berlin-host")
    output = try .memory([])
    program.standardOutput = output
    ping = try ChildProcess(program)
  }

  /// Waits for the end and returns how many packets were lost.
  func end() throws -> Int? {
    _ = try ping.wait(timeout: .seconds(15))
    lseek(output.rawValue, 0, SEEK_SET)
    let report = String(decoding: try output.read(upTo: 1 << 16), as: UTF8.self)
    let counts = try #require(report.firstMatch(of: /(\d+) packets transmitted, (\d+) received/), "\(report)")
    guard let sent = Int(counts.1), let received = Int(counts.2) else { return nil }
    return sent - received
  }
}
