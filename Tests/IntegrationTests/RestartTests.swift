import Glibc
import Testing

extension IntegrationTests {
  @Suite("A killed process")
  struct RestartTests {
    @Test("A killed controller or agent comes back to where it was, and traffic flows")
    func killed() async throws {
      try await RunningLab.with(FabricBinary.topology("hub-and-spoke.yaml")) { lab in
        let before = try lab.status()
        for name in ["controller", "berlin", "hq"] {
          try lab.process(name).signal(SIGKILL)
          try lab.fabric("lab", "restart", name)
          try await lab.eventually("converged after \(name) was killed", within: 120) {
            (try? lab.status())?.hasConverged == true
          }
          try await lab.eventually("hosts reach each other after \(name) was killed", within: 120) {
            try lab.allHostsReachEachOther()
          }
        }
        try #expect(lab.status().revision == before.revision)
      }
    }

    @Test("A gateway without its controller keeps its tunnels and survives its own restart")
    func withoutController() async throws {
      try await RunningLab.with(FabricBinary.topology("two-site.yaml")) { lab in
        try lab.process("controller").signal(SIGKILL)
        try #expect(lab.allHostsReachEachOther())
        try lab.process("left").signal(SIGKILL)
        try lab.fabric("lab", "restart", "left")
        try await lab.eventually("hosts reach each other again", within: 120) { try lab.allHostsReachEachOther() }
        try lab.fabric("lab", "restart", "controller")
        try await lab.eventually("the controller sees both sites again", within: 120) {
          (try? lab.status())?.hasConverged == true
        }
      }
    }
  }
}
