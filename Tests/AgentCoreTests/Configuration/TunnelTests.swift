import FabricCrypto
import IKE
import Testing
import Topology
import WireFormat

@testable import AgentCore

@Suite("A tunnel of the configuration")
struct TunnelTests {
  private let tunnel = SampleSite.tunnel("dsl", "vti0", cost: 10)
  private let uplink = SampleSite.uplink("dsl", "wan0", "198.51.100")

  @Test("asks a policy-based peer for its networks alone")
  func selectors() throws {
    var tunnel = tunnel
    #expect(try tunnel.connection(localAddress: nil).localSelectors == [.any(.v4), .any(.v6)])
    let local = SampleSite.prefix("10.1.0.0/24")
    let remote = SampleSite.prefix("10.2.0.0/24")
    tunnel.selectors = .networks(local: [local], remote: [remote])
    let connection = try tunnel.connection(localAddress: nil)
    #expect(connection.localSelectors == [TrafficSelector(local)])
    #expect(connection.remoteSelectors == [TrafficSelector(remote)])
  }

  @Test("becomes a connection with its proposals in the order of preference")
  func connection() throws {
    let connection = try tunnel.connection(localAddress: SampleSite.address("198.51.100.11"))
    #expect(connection.ikeProposals.map(\.encryption) == [[.aes256GCM16], [.aes256CBC]])
    #expect(connection.ikeProposals.map(\.integrity) == [[], [.hmacSHA256_128]])
    #expect(connection.childProposals.map(\.keyExchangeMethods) == [[.ecp384]])
    #expect(connection.localSelectors == [.any(.v4), .any(.v6)])
    #expect(connection.localIdentity == .fqdn("dsl.berlin.acme"))
    #expect(connection.forceEncapsulation)
  }

  @Test("has ML-KEM follow the key exchanges of both phases, and of Phase 2 only where there is one")
  func postQuantum() throws {
    var tunnel = tunnel
    tunnel.ike.postQuantum = PostQuantumProfile(additionalKeyExchanges: ["mlkem768"], isRequired: true)
    var connection = try tunnel.connection(localAddress: nil)
    #expect(connection.ikeProposals.map(\.additionalKeyExchanges) == [[.mlkem768], [.mlkem768]])
    #expect(connection.childProposals.map(\.additionalKeyExchanges) == [[.mlkem768]])
    tunnel.ike.postQuantum?.isRequired = false
    connection = try tunnel.connection(localAddress: nil)
    #expect(connection.ikeProposals.map(\.additionalKeyExchanges) == [[.mlkem768], [.mlkem768], [], []])
    #expect(connection.childProposals.map(\.additionalKeyExchanges) == [[.mlkem768], []])
    tunnel.ipsec.pfs = []
    #expect(try tunnel.connection(localAddress: nil).childProposals.map(\.additionalKeyExchanges) == [[]])
    tunnel.ike.postQuantum?.additionalKeyExchanges = ["sike"]
    #expect(throws: ProfileError.unknownAlgorithm("sike")) { try tunnel.connection(localAddress: nil) }
  }

  @Test("mixes a post-quantum preshared key in where the profile wants one, and cannot be without it")
  func postQuantumKey() throws {
    var tunnel = tunnel
    tunnel.postQuantumKey = PostQuantumKey(identity: "berlin--hq", key: Topology.PresharedKey(bytes: [1, 2]))
    #expect(try tunnel.connection(localAddress: nil).postQuantumPresharedKey == nil)
    tunnel.ike.postQuantumKey = .require
    let ppk = try tunnel.connection(localAddress: nil).postQuantumPresharedKey
    #expect(ppk == PostQuantumPresharedKey(identity: "berlin--hq", key: SecretBytes([1, 2]), isRequired: true))
    var configuration = SampleSite.configuration()
    configuration.tunnels = [tunnel]
    #expect(configuration.withoutSecrets.tunnels.first?.postQuantumKey == nil)
    let check = ConfigurationCheck(site: configuration.site, currentRevision: 0)
    let before = check.problems(of: configuration)
    configuration.tunnels[0].postQuantumKey = nil
    #expect(check.problems(of: configuration).count == before.count + 1)
  }

  @Test("proves the kind of identity that its text looks like")
  func identities() {
    #expect(IKEIdentity(topologyText: "hq.acme") == .fqdn("hq.acme"))
    #expect(IKEIdentity(topologyText: "ops@acme.example") == .email("ops@acme.example"))
    #expect(IKEIdentity(topologyText: "192.0.2.1") == .address(SampleSite.address("192.0.2.1")))
  }

  @Test("leaves room for the largest overhead that may be negotiated")
  func mtu() {
    // 1500 − IPv4 20 − UDP 8 − ESP 8 − IV 8 − ICV 16 = 1440, a multiple of 4; less the trailer's 2.
    #expect(tunnel.mtu(over: uplink) == 1438)
    var plain = tunnel
    plain.encapsulation = .esp
    #expect(plain.mtu(over: uplink) == 1446)
    var blocks = tunnel
    blocks.ipsec.encryption = ["aes256gcm16", "aes256"]
    blocks.ipsec.integrity = ["sha256"]
    // CBC: 1500 − 20 − 8 − 8 − 16 − 16 = 1432, down to a multiple of 16 is 1424.
    #expect(blocks.mtu(over: uplink) == 1422)
  }

  @Test(
    "leaves its interface what IPv6 needs, however narrow the line",
    arguments: [(1280, 1280), (1343, 1280), (1344, 1282)])
  func smallLine(lineMTU: Int, tunnelMTU: Int) {
    var line = uplink
    line.mtu = lineMTU
    #expect(tunnel.mtu(over: line) == tunnelMTU)
  }

  @Test("is measured at the topology's interval, but for a third party's, which answers no test")
  func measurement() {
    var configuration = SampleSite.configuration()
    configuration.measurementMilliseconds = 500
    configuration.tunnels[1].peerIsManaged = false
    let settings = configuration.tunnelSettings
    #expect(settings[configuration.tunnels[0].name]?.measurementInterval == .milliseconds(500))
    #expect(settings[configuration.tunnels[1].name]?.measurementInterval == .zero)
  }

  @Test("has what classes ask for, but for a third party's, which would take both copies and answer no test")
  func duplicates() {
    var configuration = SampleSite.configuration()
    configuration.classes = [
      TrafficClass(name: "voice", codePoints: [40, 46], sharePercent: 30, isDuplicated: true),
      TrafficClass(name: "bulk", codePoints: [10], sharePercent: 5),
    ]
    let level = ServiceLevelLimits(lossPercent: 1, latencyMilliseconds: nil, jitterMilliseconds: nil, holdSeconds: 5)
    configuration.classes[1].serviceLevel = level
    configuration.tunnels[1].peerIsManaged = false
    let settings = configuration.tunnelSettings
    #expect(settings[configuration.tunnels[0].name]?.classLevels == ["bulk": level])
    #expect(settings[configuration.tunnels[1].name]?.classLevels == [:])
    #expect(settings[configuration.tunnels[0].name]?.duplicatedCodePoints == [40, 46])
    #expect(settings[configuration.tunnels[1].name]?.duplicatedCodePoints == [])
  }

  @Test("keeps its key from the roles that need none")
  func secrets() {
    #expect(
      SampleSite.configuration().withoutSecrets.tunnels.allSatisfy {
        $0.authentication.presharedKey?.bytes.isEmpty == true
      })
  }
}
