import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Authentication by certificates")
struct CertificateTests {
  @Test(
    "both ends sign by RFC 7427 and say how",
    arguments: [
      (SignatureKeyKind.rsa(bits: 2048), "RSA-PSS with SHA-256"), (.ecdsaP256, "ECDSA with SHA-256"),
      (.ecdsaP384, "ECDSA with SHA-384"), (.ecdsaP521, "ECDSA with SHA-512"), (.ed25519, "Ed25519"),
    ])
  func established(kind: SignatureKeyKind, algorithm: String) throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates(kind)
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    for gateway in [pair.left, pair.right] {
      guard case .certificate(let certificate, algorithm) = gateway.established.first?.peerProof else {
        Issue.record("\(gateway.reports)")
        continue
      }
      #expect(certificate.issuer == "CN=paper")
    }
  }

  @Test("a rekeyed IKE SA remembers how the peer has proved itself")
  func rekeyed() throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates()
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.left.established.count == 2)
    #expect(pair.left.established.last?.peerProof == pair.left.established.first?.peerProof)
    #expect(pair.right.established.last?.peerProof == pair.right.established.first?.peerProof)
  }

  /// A peer that is not to be believed, and what the end that notices says.
  struct Impostor: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let cause: String
    var anchors: [TrustAnchors] = [.ownAuthority, .ownAuthority]
    var change: @Sendable (inout IKECredentials, inout IKECredentials) throws -> Void = { _, _ in }
    var connection: @Sendable (inout IKEConnection) -> Void = { _ in }
  }

  private static let impostors = [
    Impostor(
      testDescription: "one with another's key", cause: "does not hold the key of its certificate",
      change: { left, _ in
        left = try IKECredentials(
          own: .init(chain: #require(left.own).chain, key: .generate(.ecdsaP256)), trust: left.trust)
      }),
    Impostor(
      testDescription: "one with a certificate of another identity", cause: "its certificate is of right.test",
      change: { left, right in left = right }),
    Impostor(
      testDescription: "one with a certificate of a stranger", cause: "unknown certificate",
      change: { left, _ in
        left = try IKECredentials(own: .init(chain: [[1, 2, 3]], key: .generate(.ecdsaP256)), trust: left.trust)
      }),
    Impostor(
      testDescription: "one that proves a preshared key instead", cause: "shows no certificate",
      connection: { $0.authentication = .presharedKey(SecretBytes(Array("another".utf8))) }),
    Impostor(
      testDescription: "one that nobody expects", cause: "expects stranger.test",
      connection: { $0.localIdentity = .fqdn("stranger.test") }),
  ]

  @Test("an impostor gets the same answer, as long, after the same time, whatever gave it away", arguments: impostors)
  func refused(impostor: Impostor) throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates(left: impostor.connection, credentials: impostor.change)
    var asked: Instant?
    var answers: [(after: Duration, bytes: Int)] = []
    pair.rewrite = { datagram in
      if datagram.isRequest(.authentication, from: TwoGateways.leftAddress) { asked = pair.clock.now }
      if let asked, datagram.isResponse(.authentication, from: TwoGateways.rightAddress) {
        answers.append((asked.duration(to: pair.clock.now), datagram.bytes.count))
      }
      return datagram
    }
    pair.run(for: .milliseconds(500))
    #expect(pair.right.failures.first?.cause.contains(impostor.cause) == true, "\(pair.right.failures)")
    #expect(pair.left.established.isEmpty && pair.right.established.isEmpty)
    #expect(answers.map(\.after) == [Refusal.delay + pair.wire.delay])
    #expect(answers.map(\.bytes) == [72])
  }

  @Test("a request that is sent again while its refusal waits is not answered early")
  func noEarlyAnswer() throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates(left: { $0.localIdentity = .fqdn("stranger.test") })
    var copies = 0
    pair.rewrite = { datagram in
      if datagram.isRequest(.authentication, from: TwoGateways.leftAddress), copies < 3 {
        copies += 1
        pair.send([datagram])
      }
      return datagram
    }
    pair.run(for: .milliseconds(500))
    #expect(copies == 3)
    #expect(pair.right.sent.filter { $0.isResponse(.authentication, from: TwoGateways.rightAddress) }.count == 1)
  }

  @Test("an initiator that does not believe the responder says so, and installs nothing")
  func doubtfulResponder() throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates(credentials: { left, right in
      right = try IKECredentials(
        own: .init(chain: #require(right.own).chain, key: .generate(.ecdsaP256)), trust: right.trust)
    })
    pair.run(for: .milliseconds(900))
    #expect(pair.left.failures.first?.cause.contains("right.test does not hold the key of its certificate") == true)
    #expect(pair.left.established.isEmpty && pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.errors(sentBy: pair.left) == [.authenticationFailed])
  }

  @Test("without a certificate of our own we neither ask nor answer, and say why")
  func noCertificate() throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates(credentials: { left, _ in left = IKECredentials(own: nil, trust: left.trust) })
    pair.run(for: .milliseconds(500))
    #expect(pair.left.failures.first?.cause == "authentication failed: this gateway does not have a certificate yet")
    let other = TwoGateways()
    try other.configureWithCertificates(credentials: { $1 = IKECredentials(own: nil, trust: $1.trust) })
    other.run(for: .milliseconds(500))
    #expect(other.right.failures.first?.cause == "authentication failed: this gateway does not have a certificate yet")
    #expect(other.left.established.isEmpty && other.right.established.isEmpty)
  }

  @Test("new credentials leave the tunnel alone, and come in time for a connection that waits for them")
  func credentialsChange() throws {
    let pair = TwoGateways()
    var late: IKECredentials?
    try pair.configureWithCertificates(credentials: { left, _ in
      late = left
      left = .none
    })
    pair.run(for: .milliseconds(500))
    #expect(pair.left.established.isEmpty)
    pair.handle(pair.left, .credentials(try #require(late)))
    pair.run(for: .seconds(5))
    #expect(pair.haveOneMatchingChild)
    pair.handle(pair.left, .credentials(.none))
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild && pair.left.established.count == 1)
  }

  @Test("a tunnel whose peer's certificate is withdrawn goes at once, also after a rekey and without the peer's answer")
  func withdrawn() throws {
    let pair = TwoGateways()
    var distrust: IKECredentials?
    try pair.configureWithCertificates(credentials: { _, right in
      let withdrawal = TrustFault("the certificate 01 has been revoked")
      distrust = IKECredentials(own: right.own, trust: PaperAuthority(withdrawal: withdrawal))
    })
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    pair.rewrite = { $0.local.address == TwoGateways.leftAddress ? nil : $0 }
    pair.handle(pair.right, .credentials(try #require(distrust)))
    #expect(pair.right.installed.isEmpty)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(30))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.right.failures.last?.cause.contains("unknown certificate") == true, "\(pair.right.failures)")
  }

  @Test("an attacker who takes SIGNATURE_HASH_ALGORITHMS out to have older signatures used gets no tunnel")
  func downgrade() throws {
    let anchors = TrustAnchors.authorities([[1]])
    let pair = TwoGateways()
    try pair.configureWithCertificates(anchors: anchors)
    pair.rewrite = { datagram in
      guard datagram.isRequest(.initial, from: TwoGateways.leftAddress),
        let message = try? ReceivedMessage(datagram.bytes).plain()
      else { return datagram }
      let payloads = message.payloads.filter {
        if case .notify(let notify) = $0 { notify.type != .signatureHashAlgorithms } else { true }
      }
      var changed = datagram
      changed.bytes = IKEMessage(header: message.header, payloads: payloads).encoded()
      return changed
    }
    pair.run(for: .seconds(2))
    #expect(pair.right.failures.first?.cause.contains("does not hold the key of its certificate") == true)
    #expect(pair.left.established.isEmpty && pair.right.established.isEmpty)
  }

  @Test("the responder names the authorities that it trusts, and hashes only to a peer that has named some")
  func requests() throws {
    let pair = TwoGateways()
    try pair.configureWithCertificates()
    pair.run(for: .seconds(1))
    let response = try #require(pair.right.sent.first)
    let payloads = try ReceivedMessage(response.bytes).plain().payloads
    #expect(payloads.notify(.signatureHashAlgorithms)?.data == [0, 2, 0, 3, 0, 4, 0, 5])
    let request = CertificateRequestPayload(keyHashes: [PaperAuthority.keyHash])
    #expect(payloads.contains(.certificateRequest(try #require(request))))
  }
}
