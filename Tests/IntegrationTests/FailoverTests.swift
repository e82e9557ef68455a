import Glibc
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("A site with two ISPs")
  struct FailoverTests {
    @Test(
      "moves its traffic when one line dies, with its link or in silence, and comes back when it is mended",
      arguments: [[], ["--silent"]])
    func failover(options: [String]) async throws {
      try await RunningLab.with(FabricBinary.topology("dual-isp.yaml")) { lab in
        let cut = try FabricBinary.run(["lab", "cut", "hq", "isp-a"] + options)
        #expect(cut.succeeded, "\(cut.errorOutput)")
        try await lab.eventually("traffic moves to the other ISP", within: 60) { try lab.allHostsReachEachOther() }
        try lab.fabric("lab", "mend", "hq", "isp-a")
        try await lab.eventually("all tunnels are up again", within: 120) { try lab.status().hasConverged }
        try #expect(lab.allHostsReachEachOther())
      }
    }

    @Test("Branches go on by the second hub when the first one dies with all its processes")
    func secondHub() async throws {
      try await RunningLab.with(FabricBinary.topology("dual-hub.yaml")) { lab in
        try #expect(lab.ping("10.33.0.10", from: "berlin-host"))
        let pids = try Program("ip", ["netns", "pids", LabNames.prefix + "hq"]).runAndCapture(timeout: .seconds(5))
        for process in pids.output.split(separator: "\n").compactMap({ Int32($0) }) { kill(process, SIGKILL) }
        try await lab.eventually("traffic goes by the second hub", within: 60) {
          try lab.ping("10.33.0.10", from: "berlin-host")
        }
      }
    }
  }
}
