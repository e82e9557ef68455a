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
  }
}
