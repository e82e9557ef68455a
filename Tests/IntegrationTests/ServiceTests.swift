import ControlProtocol
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("The service of a line")
  struct ServiceTests {
    @Test("A line that begins to lose packets is left, and taken back once it is good; the event log tells why")
    func brownOut() async throws {
      try await RunningLab.with(FabricBinary.topology("service-level.yaml")) { lab in
        let preferred = ["berlin.fiber--hq.isp-a"]
        try await lab.eventually("traffic takes the fiber", within: 30) { try lab.way(from: "berlin") == preferred }
        try lab.fabric("lab", "cut", "berlin", "fiber", "--loss", "8")
        try await lab.eventually("traffic takes the other line", within: 15) {
          try lab.way(from: "berlin")?.allSatisfy { $0.hasPrefix("berlin.lte") } == true
        }
        try #expect(lab.allHostsReachEachOther())
        try lab.fabric("lab", "mend", "berlin", "fiber")
        try await lab.eventually("traffic comes back", within: 60) { try lab.way(from: "berlin") == preferred }
        let events = try lab.fabric("events", "berlin", "--controller", LabFiles.controllerSocket)
        #expect(events.contains("of its tests are lost"))
      }
    }

    @Test("A class leaves a line that is too bad for it, and all other traffic stays; the event log tells of it")
    func classLevel() async throws {
      try await RunningLab.with(FabricBinary.topology("class-levels.yaml")) { lab in
        let preferred = ["berlin.fiber--hq.isp-a"]
        try await lab.eventually("traffic takes the fiber", within: 30) { try lab.way(from: "berlin") == preferred }
        try lab.fabric("lab", "cut", "berlin", "fiber", "--loss", "3")
        try await lab.eventually("video takes the other line", within: 15) {
          try lab.wayOfClass("video", from: "berlin")?.allSatisfy { $0.hasPrefix("berlin.lte") } == true
        }
        try #expect(lab.way(from: "berlin") == preferred)
        let video = ["-n", "-q", "-i", "0.02", "-c", "200", "-w", "10", "-Q", "0x88", "10.120.0.10"]
        let calls = try Program("ping", video, in: lab.namespace("berlin-host")).runAndCapture(timeout: .seconds(20))
        #expect(calls.output.contains(" 0% packet loss"), "\(calls.output)")
        let others = video.map { $0 == "0x88" ? "0" : $0 }
        let rest = try Program("ping", others, in: lab.namespace("berlin-host")).runAndCapture(timeout: .seconds(20))
        #expect(!rest.output.contains(" 0% packet loss"), "\(rest.output)")
        try lab.fabric("lab", "mend", "berlin", "fiber")
        try await lab.eventually("video comes back", within: 60) {
          try lab.wayOfClass("video", from: "berlin") == nil
        }
        let events = try lab.fabric("events", "berlin", "--controller", LabFiles.controllerSocket)
        #expect(events.contains("hq (video)") && events.contains("of its tests are lost"))
      }
    }

    @Test("A duplicated class loses nothing and gets nothing twice when a line dies in silence, and when it is mended")
    func duplicatedClass() async throws {
      try await RunningLab.with(FabricBinary.topology("duplicated-class.yaml")) { lab in
        let calls = ["-n", "-q", "-i", "0.01", "-c", "800", "-w", "20", "-Q", "0xb8", "10.100.0.10"]
        let call = Task.detached {
          try Program("ping", calls, in: lab.namespace("berlin-host")).runAndCapture(timeout: .seconds(30))
        }
        try await Task.sleep(for: .seconds(2))
        try lab.fabric("lab", "cut", "berlin", "fiber", "--silent")
        try await Task.sleep(for: .seconds(3))
        try lab.fabric("lab", "mend", "berlin", "fiber")
        let result = try await call.value.output
        #expect(result.contains(" 0% packet loss") && !result.contains("duplicates"), "\(result)")
        let counters = try lab.status().sites.first { $0.site == "berlin" }?.status?.tunnels.map(\.counters)
        let eliminated = counters?.map(\.packetsEliminated).reduce(0, +)
        #expect(eliminated ?? 0 > 100)
      }
    }

    @Test("Two lines carry flows by their weights, and one of them carries all when the other dies")
    func weights() async throws {
      try await RunningLab.with(FabricBinary.topology("weighted.yaml")) { lab in
        let tunnels = ["berlin.fiber--hq.isp-a", "berlin.lte--hq.isp-a"]
        try await lab.eventually("traffic takes both lines", within: 30) { try lab.way(from: "berlin") == tunnels }
        let flows = """
          import socket, time
          for port in range(20000, 20400):
            time.sleep(0.001)
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind(("", port))
            for _ in range(5): sender.sendto(bytes(100), ("10.110.0.10", 9))
          """
        func sent() throws -> [UInt64] {
          let status = try lab.status().sites.first { $0.site == "berlin" }?.status
          return tunnels.map { name in status?.tunnels.first { $0.name == name }?.counters.packetsOut ?? 0 }
        }
        let before = try sent()
        try Program("python3", ["-c", flows], in: lab.namespace("berlin-host")).run()
        try await lab.eventually("all of it is counted", within: 10) {
          try zip(sent(), before).map { $0 - $1 }.reduce(0, +) >= 2000
        }
        let carried = try zip(sent(), before).map { $0 - $1 }
        let share = Double(carried[0]) / Double(carried[0] + carried[1])
        #expect((0.65...0.85).contains(share), "\(carried)")
        try lab.fabric("lab", "cut", "berlin", "fiber", "--silent")
        try await lab.eventually("the other line carries all", within: 30) {
          try lab.way(from: "berlin") == [tunnels[1]]
        }
        try #expect(lab.allHostsReachEachOther())
      }
    }

    @Test("Voice survives a bulk copy over a slow line")
    func voice() async throws {
      try await RunningLab.with(FabricBinary.topology("voice-and-bulk.yaml")) { lab in
        // Three times what the line takes.
        let flood = """
          import socket, time
          end, sender = time.time() + 20, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          while time.time() < end:
            for _ in range(20): sender.sendto(bytes(1200), ("10.90.0.10", 9))
            time.sleep(0.008)
          """
        let bulk = try ChildProcess(Program("python3", ["-c", flood], in: lab.namespace("berlin-host")))
        defer { bulk.signal(9) }
        try await Task.sleep(for: .seconds(1))
        let voice = ["-n", "-q", "-i", "0.02", "-c", "150", "-w", "10", "-Q", "0xb8", "10.90.0.10"]
        let calls = try Program("ping", voice, in: lab.namespace("berlin-host")).runAndCapture(timeout: .seconds(20))
        #expect(calls.output.contains(" 0% packet loss"), "\(calls.output)")
        let rest = ["-n", "-q", "-i", "0.02", "-c", "150", "-w", "10", "10.90.0.10"]
        let others = try Program("ping", rest, in: lab.namespace("berlin-host")).runAndCapture(timeout: .seconds(20))
        #expect(!others.output.contains(" 0% packet loss"), "\(others.output)")
      }
    }
  }
}

extension RunningLab {
  /// The tunnels by which a site's traffic leaves for the headquarters.
  fileprivate func way(from site: String) throws -> [String]? {
    try status().sites.first { $0.site == site }?.status?.activeTunnels["hq"]
  }

  /// The same of a class; nil while it goes with all other traffic.
  fileprivate func wayOfClass(_ name: String, from site: String) throws -> [String]? {
    try status().sites.first { $0.site == site }?.status?.classTunnels["hq"]?[name]
  }
}
