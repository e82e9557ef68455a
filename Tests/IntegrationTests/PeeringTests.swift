import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("BGP with a cloud", .enabled(if: Program.find("charon") != nil, "strongswan-charon is missing"))
  struct PeeringTests {
    @Test("brings its network to every site, takes nothing else from it, and tells it of ours with communities")
    func cloud() async throws {
      try await RunningLab.with(FabricBinary.topology("cloud.yaml"), options: ["--no-start"]) { lab in
        let machine = try NamespaceMachine("cloud")
        // strongSwan installs nothing for selectors without an address of its own.
        try machine.run("ip address add 169.254.10.1/32 dev lo")
        let peer = try StrongSwan(on: machine, [connection])
        let start = try FabricBinary.run(["lab", "start", "--timeout", "3s"], timeout: .seconds(60))
        try await lab.eventually("the Child SA of the cloud", within: 60) { peer.isEstablished }
        try startBGP(on: machine)
        try await lab.eventually("the session with the cloud", within: 60) { try lab.status().hasConverged }
        // A session that has just come up has yet to bring its routes.
        for site in ["hq", "berlin"] {
          try await lab.eventually("the cloud's network at \(site)\n\(start.output)", within: 30) {
            try lab.nextHops(of: "10.79.0.0/24", at: site, from: "bgp").count == 1
          }
        }
        let asked = "vtysh --vty_socket /run/shared -c"
        try await lab.eventually("our networks' summary and its communities at the cloud", within: 30) {
          try machine.run("\(asked) 'show bgp ipv4 unicast 10.70.0.0/15 json'").contains(#""65000:100 65000:200""#)
        }
        let heard = try machine.run("\(asked) 'show bgp ipv4 unicast neighbors 169.254.10.2 routes json'")
        #expect(!heard.contains("10.70.0.0/24") && !heard.contains("10.71.0.0/24"), "\(heard)")
        // The cloud claims berlin's network too.
        let claimed = try lab.nextHops(of: "10.71.0.0/24", at: "hq", from: "bgp")
        #expect(try claimed != lab.nextHops(of: "10.79.0.0/24", at: "hq", from: "bgp"))
        try #expect(lab.allHostsReachEachOther(), "\(peer.machine.endOfLog)\(RunningLab.logs())")
        try machine.stop()
      }
    }

    private var connection: PeerConnection {
      PeerConnection(
        localAddress: "203.0.113.1", remoteAddress: "198.51.100.1", localIdentity: "203.0.113.1",
        remoteIdentity: "isp.hq.cloud", localNetwork: "10.79.0.0/24,169.254.10.1/32",
        remoteNetwork: "10.70.0.0/24,10.71.0.0/24,10.255.7.0/24,169.254.10.2/32",
        presharedKey: "5b0e93d7c1f84a26be17d05c39a8624fe3710b9dc2685af4917de3a80b56c24f",
        suite: Suite(.aes256gcm16, group: .ecp384), initiates: false)
    }

    /// A bgpd without zebra: strongSwan has the routes already.
    private func startBGP(on machine: NamespaceMachine) throws {
      try machine.write(PeeringTests.bgp, to: "bgpd.conf")
      try machine.run(
        "bgpd -d -Z -S -P 0 -f /run/shared/bgpd.conf -i /run/shared/bgpd.pid --vty_socket /run/shared")
    }

    private static let bgp = """
      router bgp 64512
       bgp router-id 203.0.113.1
       no bgp ebgp-requires-policy
       no bgp network import-check
       neighbor 169.254.10.2 remote-as 65000
       neighbor 169.254.10.2 password 8fQ2rVxK5nTz
       neighbor 169.254.10.2 disable-connected-check
       neighbor 169.254.10.2 timers connect 1
       address-family ipv4 unicast
        network 10.79.0.0/24
        network 10.71.0.0/24
       exit-address-family
      exit

      """
  }
}
