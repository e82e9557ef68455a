import ControlProtocol
import Foundation
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("A hub that is drained")
  struct DrainTests {
    @Test("gives its traffic to the other hub without losing a packet, stays in reach, and gets it back")
    func drain() async throws {
      let text = try String(contentsOfFile: FabricBinary.topology("dual-hub.yaml"), encoding: .utf8)
      let drained = text.replacing("  hq:\n    role: hub\n", with: "  hq:\n    role: hub\n    drained: true\n")
      try #require(drained != text)
      try await RunningLab.with(text: text) { lab in
        func way() throws -> [String] { try ["berlin", "paris"].map(lab.nextHub) }
        try #expect(way() == ["hq", "hq"])
        for (topology, hub) in [(drained, "backup"), (text, "hq")] {
          let stream = try PingStream(lab, from: "berlin-host", to: "10.33.0.10")
          try lab.apply(topology)
          try await lab.eventually("traffic goes by \(hub)", within: 20) { try way() == [hub, hub] }
          try #expect(stream.end() == 0)
          try #expect(lab.ping("10.30.0.10", from: "berlin-host"))
          try await lab.eventually("nothing is missing", within: 60) { try lab.status().hasConverged }
        }
      }
    }

    @Test(
      "sends strongSwan, whose tunnel it has, to the other hub",
      .enabled(if: Program.find("charon") != nil, "strongswan-charon is missing"))
    func redirect() async throws {
      try await RunningLab.with(text: Self.partners(drained: false), options: ["--no-start"]) { lab in
        let peer = try StrongSwan(on: NamespaceMachine("partner"), [Self.partner])
        _ = try FabricBinary.run(["lab", "start", "--timeout", "20s"], timeout: .seconds(60))
        try await lab.eventually("strongSwan is at alpha", within: 60) { try lab.hubsOfPartner() == ["alpha"] }
        try lab.apply(Self.partners(drained: true))
        // It chooses its preshared key before it knows who answers: beta's is another one, so it stays with alpha.
        try await lab.eventually("strongSwan calls beta", within: 30) { peer.calls(to: "203.0.113.1") > 0 }
        try #expect(lab.hubsOfPartner() == ["alpha"])
        try peer.machine.stop()
      }
    }

    private static let keyOfAlpha = "7d1f0c62b9a84e35d6f2037c9b15e8a4406cd7913fa25be80e6d94c1572ab83f"
    private static let keyOfBeta = "18e6a7c05b39d24f9cd0713e8264fb5ad7a3960e1c5f82b44be90d276c3fa158"

    /// strongSwan, which calls alpha alone, and takes whoever has the key for its peer.
    private static let partner = PeerConnection(
      localAddress: "192.168.9.2", remoteAddress: "198.51.100.1", localIdentity: "partner.example",
      remoteIdentity: "%any", localNetwork: "10.9.0.0/24", remoteNetwork: "10.0.0.0/8", presharedKey: keyOfAlpha,
      suite: Suite(), initiates: true)

    /// Two hubs, and a third party behind a NAT that has a link with each.
    private static func partners(drained: Bool) -> String {
      """
      apiVersion: fabric/v1
      kind: Topology
      metadata: { name: redirect }
      profiles:
        ike: { plain: { encryption: [aes256gcm16], prf: [sha256], dhGroups: [ecp256], lifetime: 3600s } }
        ipsec:
          plain: { transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: false }, pfs: ecp256, lifetime: { time: 3600s } }
      defaults: { ike: plain, ipsec: plain }
      sites:
        alpha:
          role: hub
          drained: \(drained)
          lans: [{ interface: lan0, address: 10.1.0.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 198.51.100.1/24, gateway: 198.51.100.254 }]
        beta:
          role: hub
          lans: [{ interface: lan0, address: 10.2.0.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 203.0.113.1/24, gateway: 203.0.113.254 }]
        partner:
          managed: false
          identity: partner.example
          lans: [{ interface: lan0, address: 10.9.0.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 192.168.9.2/24, gateway: 192.168.9.1, behindNAT: true }]
      overlay:
        shape: custom
        links:
          - { between: [alpha, beta] }
          - { between: [alpha, partner], psk: "0x\(keyOfAlpha)" }
          - { between: [beta, partner], psk: "0x\(keyOfBeta)" }
        tunnels: { pool: 172.31.0.0/24 }
        routing: { protocol: static }
      """
    }
  }
}

extension StrongSwan {
  /// How many requests that begin an IKE SA it has sent to an address.
  fileprivate func calls(to address: String) -> Int { machine.log.ranges(of: "to \(address)[500]").count }
}

extension RunningLab {
  /// By which hub a site's packets go to the other branch.
  fileprivate func nextHub(from site: String) throws -> String {
    let device = try route(to: site == "berlin" ? "10.33.0.10" : "10.32.0.10", at: site)
    let tunnels = try status().sites.first { $0.site == site }?.status?.tunnels ?? []
    return tunnels.first { $0.interface == device }?.peerSite ?? device
  }

  /// The hubs that have a Child SA with the partner.
  fileprivate func hubsOfPartner() throws -> [String] {
    try status().sites.filter { site in
      site.status?.tunnels.contains { $0.peerSite == "partner" && $0.childSA != nil } == true
    }.map(\.site)
  }
}
