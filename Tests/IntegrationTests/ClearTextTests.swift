import Foundation
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Clear text")
  struct ClearTextTests {
    /// The payload of the pings: nothing else looks like it.
    private let marker = Array("FABRIC-IN-CLEAR!".utf8)

    @Test(
      "never shows on an ISP line: while tunnels come up, while they carry traffic, and while they go",
      arguments: ["hub-and-spoke.yaml", "dual-isp.yaml", "ipv6.yaml"])
    func neverOnALine(topology: String) async throws {
      try await RunningLab.with(FabricBinary.topology(topology), options: ["--no-start"]) { lab in
        let capture = try LineCapture()
        let hosts = try startPings()
        let start = try FabricBinary.run(["lab", "start", "--timeout", "120s"], timeout: .seconds(180))
        #expect(start.succeeded, "\(start.output)\(start.errorOutput)")
        let supervisors = try lab.status().sites.map(\.site).map { try lab.process($0) }
        for supervisor in supervisors { supervisor.signal(SIGTERM) }
        try await lab.eventually("all agents stop", within: 60) { !supervisors.contains(where: \.isRunning) }
        try await Task.sleep(for: .seconds(1))
        for host in hosts { host.signal(SIGKILL) }
        try check(capture.stop())
      }
    }

    @Test("The routing daemons, which listen on every interface, answer nobody on an ISP line")
    func routingDaemons() async throws {
      try await RunningLab.with(FabricBinary.topology("bgp.yaml")) { lab in
        try #expect(lab.connect(to: "198.51.100.1", port: 179, from: "hq") == .established)
        try #expect(lab.connect(to: "198.51.100.1", port: 179, from: "isp-hq-isp") == .unanswered)
        try #expect(lab.connect(to: "198.51.100.1", port: 180, from: "isp-hq-isp") == .refused)
      }
    }

    /// Every host pings every other one all the time, with the marker as payload.
    private func startPings() throws -> [ChildProcess] {
      let plan = try Lab.running().plan
      let pattern = marker.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      return try plan.hosts.flatMap { source in
        try plan.hosts.filter { $0.name != source.name }.flatMap { destination in
          try destination.addresses.map { address in
            var ping = Program(
              "ping", ["-n", "-q", "-i", "0.2", "-s", "64", "-p", pattern, address.address.address.description],
              in: NetworkNamespace(source.name))
            ping.standardOutput = try FileDescriptor(path: "/dev/null", flags: O_WRONLY)
            ping.standardError = ping.standardOutput
            return try ChildProcess(ping)
          }
        }
      }
    }

    private func check(_ lines: [String: [CapturedFrame]]) throws {
      for (line, frames) in lines {
        let kinds = Set(frames.map(\.kind))
        #expect(kinds.isSuperset(of: [.ike, .esp]), "\(line) saw \(kinds)")
        #expect(kinds.isSubset(of: [.ike, .esp, .addressResolution, .dhcp, .tooBig]), "\(line) saw \(kinds)")
        #expect(!frames.contains { $0.contains(marker) }, "\(line) saw a ping in clear text")
      }
    }
  }
}

/// How an attempt to connect by TCP ends.
private enum ConnectionAttempt: Int32 { case established, refused, unanswered }

extension RunningLab {
  fileprivate func connect(to address: String, port: Int, from name: String) throws -> ConnectionAttempt? {
    let attempt = """
      import socket, sys
      try: socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
      except ConnectionRefusedError: sys.exit(1)
      except TimeoutError: sys.exit(2)
      """
    let program = Program("python3", ["-c", attempt, address, "\(port)"], in: namespace(name))
    guard case .exited(let status) = try program.runAndCapture(timeout: .seconds(10)).status else { return nil }
    return ConnectionAttempt(rawValue: status)
  }
}
