import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Tunnels that cannot be")
struct FailureTests {
  private func notifies(sentBy gateway: Gateway) -> [NotifyType] {
    gateway.sent.compactMap { try? ReceivedMessage($0.bytes).plain() }.flatMap(\.payloads.notifies).map(\.type)
  }

  @Test("a wrong preshared key: AUTHENTICATION_FAILED at both ends, nothing installed, and another try later")
  func wrongKey() {
    let pair = TwoGateways()
    pair.configure(right: { $0.authentication = .presharedKey(SecretBytes(Array("another".utf8))) })
    pair.run(for: .seconds(10))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.established.isEmpty)
    #expect(pair.right.established.isEmpty)
    #expect(pair.left.failures.first?.stage == .ikeSA)
    #expect(
      pair.left.failures.first?.cause == "authentication failed: the peer refused our identity, or our proof of it")
    #expect(
      pair.right.failures.first?.cause == "authentication failed: left.test does not hold our preshared key")
    #expect(pair.left.failures.first?.retryAfter == .seconds(1))
    #expect(pair.left.failures.count > 1)
  }

  @Test("an unknown identity is answered like a wrong key, byte for byte in length")
  func unknownIdentity() throws {
    let wrongKey = TwoGateways()
    wrongKey.configure(right: { $0.authentication = .presharedKey(SecretBytes(Array("another".utf8))) })
    wrongKey.run(for: .milliseconds(500))
    let unknown = TwoGateways()
    unknown.configure(right: { $0.remoteIdentity = .fqdn("other.test") })
    unknown.run(for: .milliseconds(500))
    #expect(unknown.left.failures.first?.cause == wrongKey.left.failures.first?.cause)
    #expect(unknown.right.sent.map(\.bytes.count) == wrongKey.right.sent.map(\.bytes.count))
    #expect(unknown.right.failures.first?.cause.contains("expects left.test") == true)
  }

  @Test("an initiator that talks to the wrong responder tells it so, and nothing stays installed")
  func wrongResponder() {
    // The responder has the initiator's key, but proves another identity than the one that was asked for; as IDr is
    // sent, it refuses by itself.
    let pair = TwoGateways()
    pair.configure(right: { $0.localIdentity = .fqdn("impostor.test") })
    pair.run(for: .seconds(5))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.right.established.isEmpty)
  }

  @Test("no common IKE proposal: both ends name what was offered, and the responder what it accepts")
  func ikeProposalMismatch() {
    let pair = TwoGateways()
    pair.configure(right: { connection in
      connection.ikeProposals = IKEProposal.proposals(
        encryption: [.aes128CBC], integrity: [.hmacSHA512_256], pseudorandomFunctions: [.hmacSHA512],
        keyExchangeMethods: [.modp2048])
    })
    pair.run(for: .milliseconds(500))
    #expect(notifies(sentBy: pair.right) == [.noProposalChosen])
    #expect(
      pair.right.failures.first?.cause
        == "no proposal chosen: peer offers aes256gcm16/prfsha384,prfsha256/x25519,ecp256 or "
        + "aes256/sha256/prfsha384,prfsha256/x25519,ecp256; we accept aes128/sha512/prfsha512/modp2048")
    #expect(pair.right.reports.first?.connection == "tunnel")
    #expect(pair.left.failures.first?.stage == .ikeSA)
    #expect(
      pair.left.failures.first?.cause.hasPrefix(
        "no proposal chosen: the peer accepts none of what we offer: aes256gcm16/") == true)
    #expect(pair.right.sessionCount == 0)
  }

  @Test("no common ESP proposal: the IKE SA stands, the Child SA fails and is tried again")
  func espProposalMismatch() {
    let pair = TwoGateways()
    pair.configure(right: { connection in
      connection.childProposals = ESPProposal.proposals(
        encryption: [.aes128CBC], integrity: [.hmacSHA256_128], keyExchangeMethods: [], extendedSequenceNumbers: false)
    })
    pair.run(for: .seconds(5))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.established.count == 1)
    #expect(pair.left.failures.count > 1)
    #expect(pair.left.failures.allSatisfy { $0.stage == .childSA })
    #expect(
      pair.right.failures.first?.cause
        == "no proposal chosen: peer offers aes256gcm16/esn,no esn; we accept aes128/sha256/no esn")
    #expect(pair.left.closings.isEmpty)
  }

  @Test("traffic selectors without overlap: TS_UNACCEPTABLE")
  func selectorMismatch() throws {
    let net = TrafficSelector(try #require(IPPrefix("10.1.0.0/16")))
    let other = TrafficSelector(try #require(IPPrefix("10.2.0.0/16")))
    let pair = TwoGateways()
    pair.configure(left: { $0.localSelectors = [net] }, right: { $0.remoteSelectors = [other] })
    pair.run(for: .milliseconds(500))
    #expect(pair.left.failures.first?.cause == "the peer accepts none of our traffic selectors (TS_UNACCEPTABLE)")
    #expect(pair.right.failures.first?.cause.contains("10.1.0.0-10.1.255.255") == true)
  }

  @Test("traffic selectors that overlap in part are narrowed to what both allow")
  func narrowing() throws {
    let wide = TrafficSelector(try #require(IPPrefix("10.0.0.0/8")))
    let narrow = TrafficSelector(try #require(IPPrefix("10.2.0.0/16")))
    let pair = TwoGateways()
    pair.configure(left: { $0.localSelectors = [wide] }, right: { $0.remoteSelectors = [narrow] })
    pair.run(for: .milliseconds(500))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.installed.values.first?.localSelectors == [narrow])
  }

  @Test("the responder prefers another group: INVALID_KE_PAYLOAD, and the initiator tries again with it")
  func invalidKeyExchange() {
    let pair = TwoGateways()
    pair.configure(right: { connection in
      connection.ikeProposals = IKEProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256],
        keyExchangeMethods: [.ecp256])
      connection.childProposals = ESPProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [.ecp256], extendedSequenceNumbers: true)
    })
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.count == 3)
    #expect(notifies(sentBy: pair.right).first == .invalidKeyExchange)
    #expect(pair.left.established.first?.suite.keyExchange == .ecp256)
    #expect(pair.haveOneMatchingChild)
    let old = pair.left.installed.keys.first
    if let old { pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: old)) }
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.childrenEstablished.last?.suite.keyExchange == .ecp256)
  }

  @Test("nobody answers: reported as unreachable, and tried again for ever")
  func silence() {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.configure()
    pair.run(for: .seconds(16))
    #expect(pair.left.sent.count == 5)
    #expect(pair.left.failures.first?.stage == .reachability)
    #expect(pair.left.failures.first?.cause.contains("no answer from 35.0.0.3:500") == true)
    pair.run(for: .seconds(3600))
    #expect(pair.left.failures.count > 30)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(90))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("IKE_SA_INIT passes but port 4500 is blocked: the report says which")
  func blockedNATTraversal() {
    let pair = TwoGateways()
    pair.rewrite = { $0.remote.port == 4500 ? nil : $0 }
    pair.configure(left: { $0.forceEncapsulation = true })
    pair.run(for: .seconds(17))
    #expect(
      pair.left.failures.first?.cause == "the peer answered IKE_SA_INIT but not IKE_AUTH: is UDP 4500 blocked?")
  }

  @Test("an uplink without an address initiates nothing and says so, until it has one")
  func noAddress() {
    let pair = TwoGateways()
    pair.configure(left: { $0.localAddress = nil })
    pair.run(for: .seconds(10))
    #expect(pair.left.sent.isEmpty)
    #expect(pair.left.failures.first?.cause == "cannot initiate: uplink isp has no address")
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
  }
}
