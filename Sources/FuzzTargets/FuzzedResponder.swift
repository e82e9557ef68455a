import Certificates
import FabricCrypto
import FabricTestKit
import IKE
import WireFormat

/// The gateway that a fuzzer talks to: it waits for one peer with a preshared key and one with a certificate, and has never
/// heard of them before.
struct FuzzedResponder: ~Copyable {
  static let presharedKey = Array("correct horse battery staple".utf8)
  static let identity = "right.test"
  static let peerIdentity = "key.test"
  static let certifiedIdentity = FuzzedAuthority.identity
  private static let address = IPAddress.v4(0x2300_0003)
  private static let peerAddress = IPAddress.v4(0x0F00_0001)

  private var engine: IKEEngine
  private var now = Instant.zero

  init() {
    engine = IKEEngine(random: SeededRandom(seed: 1))
    if let trust = FuzzedResponder.trust {
      _ = engine.handle(.credentials(IKECredentials(own: nil, trust: trust)), at: now)
    }
    _ = engine.handle(.configure(FuzzedResponder.connections), at: now)
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

  private static let trust = try? FuzzedTrust()

  private static let connections = {
    var certified = connection
    certified.name = "certified"
    certified.remoteIdentity = .fqdn(certifiedIdentity)
    certified.authentication = .certificate(.ownAuthority)
    return [connection, certified]
  }()

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

/// Trusts the fuzzer's tree of certificates.
private struct FuzzedTrust: TrustPolicy {
  private let policy: CertificatePolicy

  init() throws { policy = CertificatePolicy(anchors: [try TrustAnchor(certificate: FuzzedAuthority().root)]) }

  func authorityKeyHashes(of anchors: TrustAnchors) -> [[UInt8]] { [] }

  func checkStands(_ certificate: CertificateSummary, under anchors: TrustAnchors) {}

  func judge(
    _ certificates: [[UInt8]], of identity: IKEIdentity, under anchors: TrustAnchors
  ) throws(TrustFault) -> TrustedPeer {
    do throws(CertificateFault) {
      let proven = try policy.judge(certificates, of: .fqdn("\(identity)"), at: FuzzedAuthority.date)
      let summary = CertificateSummary(issuer: proven.issuer, serialNumber: proven.serialNumber, expires: 0)
      return TrustedPeer(key: proven.key, certificate: summary)
    } catch {
      throw TrustFault("\(error)")
    }
  }
}
