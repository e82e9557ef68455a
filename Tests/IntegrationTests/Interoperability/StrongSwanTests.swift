import ControlProtocol
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("strongSwan as the other gateway", .enabled(if: Program.find("charon") != nil, "strongswan-charon is missing"))
  struct StrongSwanTests {
    @Test("answers Fabric with every cipher and group, and the LANs reach each other both ways")
    func responds() async throws {
      try await everySuite(ThirdParties(Self.suites))
    }

    @Test("calls Fabric through a NAT with every cipher and group, and the LANs reach each other both ways")
    func initiates() async throws {
      try await everySuite(ThirdParties(Self.suites, nat: .beforePartners))
    }

    /// Both ciphers with each of four groups.
    private static let suites = [Suite.Cipher.aes256gcm16, .aes256sha256].flatMap { cipher in
      [Suite.Group.modp2048, .ecp256, .ecp384, .x25519].map { Suite(cipher, group: $0) }
    }

    private func everySuite(_ parties: ThirdParties) async throws {
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        let peers = try parties.partners.map { try strongSwan($0, PeerConnection($0)) }
        let start = try FabricBinary.run(["lab", "start", "--timeout", "120s"], timeout: .seconds(180))
        for (partner, peer) in zip(parties.partners, peers) {
          let suite = partner.suite.description
          #expect(peer.isEstablished, "\(suite): no Child SA\(peer.machine.endOfLog)")
          try #expect(
            lab.ping(partner.host, from: "hub-host"), "\(suite): Fabric to strongSwan\(peer.machine.endOfLog)")
          try #expect(
            lab.ping(ThirdParties.hubHost, from: "\(partner.name)-host"),
            "\(suite): strongSwan to Fabric\(peer.machine.endOfLog)")
        }
        let status = try lab.status()
        #expect(status.hasConverged, "\(start.output)\(RunningLab.logs())")
        for peer in peers { try peer.machine.stop() }
      }
    }

    @Test("is the partner of third-party.yaml")
    func example() async throws {
      try await RunningLab.with(FabricBinary.topology("third-party.yaml"), options: ["--no-start"]) { lab in
        let peer = try StrongSwan(
          on: NamespaceMachine("partner"),
          [
            connection(
              with: "office", at: "192.0.2.1", network: "10.1.1.0/24",
              key: "7d1f0c62b9a84e35d6f2037c9b15e8a4406cd7913fa25be80e6d94c1572ab83f"),
            connection(
              with: "plant", at: "198.51.100.1", network: "10.2.2.0/24",
              key: "c35a90e71b48df26078cb4f15ea3d9620d87f61b2ce4953aa1f05c7d68be3492"),
          ])
        let start = try FabricBinary.run(["lab", "start", "--timeout", "120s"], timeout: .seconds(180))
        #expect(peer.isEstablished, "\(peer.machine.endOfLog)")
        try #expect(lab.status().hasConverged, "\(start.output)\(RunningLab.logs())")
        try #expect(lab.allHostsReachEachOther(), "\(peer.machine.endOfLog)\(RunningLab.logs())")
        try peer.machine.stop()
      }
    }

    /// The partner's side of a link of third-party.yaml.
    private func connection(
      with site: String, at address: String, network: String, key: String
    ) -> PeerConnection {
      PeerConnection(
        localAddress: "203.0.113.1", remoteAddress: address, localIdentity: "gateway.partner.example",
        remoteIdentity: "isp.\(site).third-party", localNetwork: "10.9.9.0/24", remoteNetwork: network,
        presharedKey: key, suite: Suite(.aes256sha256, group: .modp2048), initiates: false)
    }

    /// strongSwan as the gateway of a partner.
    private func strongSwan(_ partner: ThirdParties.Partner, _ connection: PeerConnection) throws -> StrongSwan {
      try StrongSwan(on: NamespaceMachine(partner.name), [connection])
    }

    @Test("A partner with a wrong key and one without a common proposal fail with their causes; the third one works")
    func faults() async throws {
      let parties = try ThirdParties([Suite(), Suite(group: .ecp384), Suite()])
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        var connections = parties.partners.map(PeerConnection.init)
        connections[0].presharedKey = String(connections[0].presharedKey.reversed())
        connections[1].suite = Suite(.aes128sha256, group: .modp3072)
        let peers = try zip(parties.partners, connections).map(strongSwan)
        let start = try FabricBinary.run(["lab", "start", "--timeout", "15s"], timeout: .seconds(60))
        #expect(start.status == .exited(1))
        let faults = try Dictionary(grouping: lab.hubTunnels(), by: \.peerSite).compactMapValues { $0.first?.fault }
        let details = "\(faults)\(peers.map(\.machine.endOfLog).joined())\(RunningLab.logs())"
        #expect(faults["partner1"]?.stage == .ikeSA, "\(details)")
        #expect(faults["partner1"]?.cause.lowercased().contains("authentication failed") == true, "\(details)")
        #expect(faults["partner2"]?.stage == .ikeSA, "\(details)")
        #expect(faults["partner2"]?.cause.lowercased().contains("no proposal chosen") == true, "\(details)")
        #expect(start.output.contains("no proposal chosen"), "\(start.output)")
        #expect(faults["partner3"] == nil, "\(details)")
        try #expect(lab.ping(parties.partners[2].host, from: "hub-host"), "\(details)")
        for peer in peers { try peer.machine.stop() }
      }
    }

    @Test("A Child SA that no proposal fits fails at Phase 2, and Phase 1 stands")
    func childProposalMismatch() async throws {
      let parties = try ThirdParties([Suite()])
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        var connection = PeerConnection(parties.partners[0])
        connection.suite.esp = .aes128sha256
        let peer = try strongSwan(parties.partners[0], connection)
        _ = try FabricBinary.run(["lab", "start", "--timeout", "10s"], timeout: .seconds(60))
        let tunnel = try #require(lab.hubTunnels().first)
        #expect(tunnel.fault?.stage == .childSA, "\(tunnel)\(peer.machine.endOfLog)\(RunningLab.logs())")
        #expect(tunnel.fault?.cause.lowercased().contains("no proposal chosen") == true, "\(tunnel)")
        try peer.machine.stop()
      }
    }

    @Test("A partner that does not answer is said to be silent")
    func silentPeer() async throws {
      let parties = try ThirdParties([Suite()])
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        _ = try FabricBinary.run(["lab", "start", "--timeout", "10s"], timeout: .seconds(60))
        let tunnel = try #require(lab.hubTunnels().first)
        #expect(tunnel.fault?.stage == .reachability, "\(tunnel)\(RunningLab.logs())")
      }
    }
  }
}

extension RunningLab {
  /// The hub's tunnels, as it reports them.
  func hubTunnels() throws -> [TunnelStatus] {
    try status().sites.first { $0.site == "hub" }?.status?.tunnels ?? []
  }
}

extension API.NetworkStatus {
  /// Whether every site that Fabric runs has converged.
  var hasConverged: Bool { sites.filter(\.isManaged).allSatisfy(\.isConverged) }
}
