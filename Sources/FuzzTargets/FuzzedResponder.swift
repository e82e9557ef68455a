import FabricCrypto
import FabricTestKit
import IKE
import WireFormat

/// The gateway that a fuzzer talks to: it waits for one peer, and has never heard of it before.
struct FuzzedResponder: ~Copyable {
  static let presharedKey = Array("correct horse battery staple".utf8)
  static let identity = "right.test"
  static let peerIdentity = "left.test"
  private static let address = IPAddress.v4(0x2300_0003)
  private static let peerAddress = IPAddress.v4(0x0F00_0001)

  private var engine: IKEEngine
  private var now = Instant.zero

  init() {
    engine = IKEEngine(random: SeededRandom(seed: 1))
    _ = engine.handle(.configure([FuzzedResponder.connection]), at: now)
  }

  /// Lets the engine have a message, and returns what it sends.
  mutating func receive(_ message: [UInt8]) -> [[UInt8]] {
    let datagram = IKEDatagram(
      uplink: "isp", local: Endpoint(FuzzedResponder.address, port: 500),
      remote: Endpoint(FuzzedResponder.peerAddress, port: 500), bytes: message)
    return sent(engine.handle(.datagram(datagram), at: now))
  }

  /// Lets time pass.
  mutating func wait(_ duration: Duration) {
    now = now.advanced(by: duration)
    while let deadline = engine.nextDeadline, deadline <= now { _ = engine.handle(.timeout, at: now) }
  }

  private func sent(_ actions: [IKEAction]) -> [[UInt8]] {
    actions.compactMap { if case .send(let datagram) = $0 { datagram.bytes } else { nil } }
  }

  private static let connection = IKEConnection(
    name: "tunnel", localUplink: "isp", localAddress: address, remoteAddress: peerAddress,
    localIdentity: .fqdn(identity), remoteIdentity: .fqdn(peerIdentity),
    authentication: .presharedKey(SecretBytes(presharedKey)),
    initiates: false,
    ikeProposals: IKEProposal.proposals(
      encryption: [.aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256],
      keyExchangeMethods: [.curve25519]),
    childProposals: ESPProposal.proposals(
      encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [], extendedSequenceNumbers: true),
    localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], ikeLifetime: .seconds(86400),
    childLifetime: .seconds(3600), childLifetimeBytes: nil, deadPeerInterval: .seconds(10),
    forceEncapsulation: false, replayWindow: 64)
}
