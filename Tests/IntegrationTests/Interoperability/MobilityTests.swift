import ControlProtocol
import LinuxNetworking
import Testing

extension IntegrationTests {
  /// Moves without a new handshake (MOBIKE, RFC 4555) between Fabric, which calls, and strongSwan.
  @Suite(
    "strongSwan and addresses that change", .enabled(if: Program.find("charon") != nil, "strongswan-charon is missing"))
  struct MobilityTests {
    @Test("it follows Fabric to another line while the tunnel's own is gone, and back")
    func fabricMoves() async throws {
      try await established { lab, peer in
        let before = try lab.phase1()
        try lab.fabric("lab", "cut", "hub", "isp-a")
        try await lab.eventually("the tunnel goes by the other line", within: 30) {
          try lab.line() == "203.0.113.1" && lab.ping(Self.host, from: "hub-host", patience: 1)
        }
        try lab.fabric("lab", "mend", "hub", "isp-a")
        try await lab.eventually("the tunnel is on its own line again", within: 30) {
          try lab.line() == "198.51.100.1" && lab.ping(Self.host, from: "hub-host", patience: 1)
        }
        try #expect(lab.phase1() == before, "\(peer.machine.endOfLog)\(RunningLab.logs())")
      }
    }

    private func established(_ body: (RunningLab, StrongSwan) async throws -> Void) async throws {
      try await RunningLab.with(text: Self.topology, options: ["--no-start"]) { lab in
        let peer = try StrongSwan(on: NamespaceMachine("partner"), [Self.partner])
        // The tunnel of the other line never comes up: strongSwan knows this one alone.
        _ = try FabricBinary.run(["lab", "start", "--timeout", "10s"], timeout: .seconds(60))
        try await lab.eventually("the tunnel is up", within: 60) {
          try peer.isEstablished && lab.ping(Self.host, from: "hub-host", patience: 1)
        }
        try await body(lab, peer)
        try peer.machine.stop()
      }
    }

    private static let host = "10.9.0.10"
    private static let key = "c35a90e71b48df26078cb4f15ea3d9620d87f61b2ce4953aa1f05c7d68be3492"

    private static let partner = PeerConnection(
      localAddress: "172.20.9.1", remoteAddress: "198.51.100.1", localIdentity: "partner.example",
      remoteIdentity: "isp-a.hub.mobility", localNetwork: "10.9.0.0/24", remoteNetwork: "10.1.0.0/24",
      presharedKey: key, suite: Suite(), initiates: false)

    private static let topology = """
      apiVersion: fabric/v1
      kind: Topology
      metadata: { name: mobility }
      profiles:
        ike:
          plain: { encryption: [aes256gcm16], prf: [sha256], dhGroups: [ecp256], lifetime: 3600s, dpd: { interval: 5s } }
        ipsec:
          plain: { transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: false }, pfs: ecp256, lifetime: { time: 3600s } }
      defaults: { ike: plain, ipsec: plain }
      sites:
        hub:
          role: hub
          lans: [{ interface: lan0, address: 10.1.0.1/24 }]
          uplinks:
            - { name: isp-a, interface: wan0, address: 198.51.100.1/24, gateway: 198.51.100.254 }
            - { name: isp-b, interface: wan1, address: 203.0.113.1/24, gateway: 203.0.113.254, priority: 2 }
        partner:
          managed: false
          identity: partner.example
          lans: [{ interface: lan0, address: 10.9.0.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 172.20.9.1/24, gateway: 172.20.9.254 }]
      overlay:
        shape: custom
        links: [{ between: [hub, partner], psk: "0x\(key)" }]
        tunnels: { pool: 172.31.0.0/24 }
        routing: { protocol: static }
      """
  }
}

extension RunningLab {
  private func tunnel() throws -> TunnelStatus? {
    try hubTunnels().first { $0.name == "hub.isp-a--partner.isp" }
  }

  /// What tells the tunnel's IKE SA from any other.
  fileprivate func phase1() throws -> String? { try tunnel()?.ikeSA.map { "\($0.initiatorSPI)" } }

  /// Fabric's address of the tunnel.
  fileprivate func line() throws -> String? { try tunnel()?.localEndpoint.map { "\($0.address)" } }
}
