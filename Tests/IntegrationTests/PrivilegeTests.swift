import Testing

extension IntegrationTests {
  @Suite("The agent's processes")
  struct PrivilegeTests {
    @Test("have the privileges that the security model says, and may gain none")
    func privileges() async throws {
      try await RunningLab.with(FabricBinary.topology("two-site.yaml")) { lab in
        for role in ["ike", "esp"] {
          let process = try #require(try lab.processes("left", "--role \(role)").first)
          #expect(process.status("Uid")?.split(separator: "\t").allSatisfy { $0 == "65534" } == true)
          for set in ["CapEff", "CapPrm", "CapBnd", "CapAmb"] { #expect(process.status(set) == none, "\(role) \(set)") }
          #expect(process.status("NoNewPrivs") == "1")
        }
        for word in ["fabric-agent run", "--role link", "/zebra "] {
          let process = try #require(try lab.processes("left", word).first)
          for set in ["CapEff", "CapPrm", "CapBnd"] {
            let mask = try #require(process.status(set).flatMap { UInt64($0, radix: 16) })
            #expect(mask & ~kept == 0, "\(word) \(set) \(String(mask, radix: 16))")
          }
          #expect(process.status("NoNewPrivs") == "1")
        }
      }
    }

    private let none = "0000000000000000"

    /// CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_ADMIN
    /// (capabilities(7)).
    private let kept: UInt64 = [0, 1, 5, 6, 7, 8, 10, 12, 13, 21].reduce(0) { $0 | 1 << $1 }
  }
}
