import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Every topology of the project")
  struct TopologyTests {
    @Test(
      "comes up in the lab, all hosts reach each other, and nothing is left behind",
      arguments: [
        "two-site.yaml", "hub-and-spoke.yaml", "certificates.yaml", "full-mesh.yaml", "dual-isp.yaml", "dual-hub.yaml",
        "ipv6.yaml", "post-quantum.yaml", "partial-mesh.yaml", "two-regions.yaml",
      ])
    func comesUp(topology: String) async throws {
      try await RunningLab.with(FabricBinary.topology(topology)) { lab in
        try #expect(lab.allHostsReachEachOther())
        try #expect(lab.status().hasConverged)
      }
    }
  }
}
