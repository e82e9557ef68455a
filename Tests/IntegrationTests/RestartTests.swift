import Foundation
import Glibc
import Lab
import LinuxNetworking
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

    @Test("A gateway that is rebooted while the controller is away comes back from what it has saved")
    func rebootedWithoutController() async throws {
      try await RunningLab.with(FabricBinary.topology("hub-and-spoke.yaml")) { lab in
        let revision = try lab.status().revision
        try lab.process("controller").signal(SIGKILL)
        for site in ["berlin", "hq"] {
          try lab.shutDown(site)
          try #expect(!lab.ping("10.0.0.10", from: "berlin-host", patience: 1))
          try lab.fabric("lab", "restart", site)
          try await lab.eventually("hosts reach each other after \(site) has come back", within: 120) {
            try lab.allHostsReachEachOther()
          }
        }
        try lab.fabric("lab", "restart", "controller")
        try await lab.eventually("the controller sees all sites again", within: 120) {
          (try? lab.status())?.hasConverged == true
        }
        try #expect(lab.status().revision == revision)
      }
    }
  }
}

extension RunningLab {
  private func tunnelInterfaces(of site: String) throws -> [String] {
    struct Link: Decodable { let ifname: String }
    let links = try Program("ip", ["-j", "link"], in: namespace(site)).runAndCapture(timeout: .seconds(5)).output
    return try JSONDecoder().decode([Link].self, from: Data(links.utf8)).map(\.ifname).filter { $0.hasPrefix("vti") }
  }

  /// Leaves of a gateway what is on its disk: no process, no address, route, rule or filter, and none of FRR's sockets.
  fileprivate func shutDown(_ site: String) throws {
    for process in try processes(site, "") { process.signal(SIGKILL) }
    let commands =
      try tunnelInterfaces(of: site).map { "ip link delete \($0)" } + [
        "nft flush ruleset", "ip route flush proto 250", "ip -6 route flush proto 250",
        "ip address flush dev lo scope global", "ip address flush dev lan0", "ip address flush dev wan0",
        "ip link set lan0 down", "ip link set wan0 down", "ip rule delete priority 10000",
        "sysctl -q -w net.ipv4.ip_forward=0", "rm -rf /run/frr/\(LabNames.prefix)\(site)",
      ]
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      _ = try Program(words[0], Array(words.dropFirst()), in: namespace(site)).runAndCapture(timeout: .seconds(5))
    }
  }
}
