import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Setting a tunnel up and taking it down")
struct EstablishmentTests {
  @Test("four messages bring an IKE SA and a Child SA with the same keys at both ends")
  func fourMessages() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.count == 2)
    #expect(pair.right.sent.count == 2)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 1)
    #expect(pair.right.established.count == 1)
    #expect(pair.left.established.first?.suite == pair.right.established.first?.suite)
    #expect(pair.left.failures.isEmpty)
  }

  @Test("a terminated connection is deleted at both ends and stays down")
  func terminate() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(120))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["closed by the operator"])
    #expect(pair.right.closings == ["the peer has deleted the IKE SA"])
    #expect(pair.left.sessionCount == 0)
    #expect(pair.right.sessionCount == 0)
  }

  @Test("an idle tunnel asks the peer every ten seconds whether it is alive, and stays up")
  func liveness() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(95))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 1)
    #expect((8...20).contains(pair.left.sent.count + pair.right.sent.count - 4 - 8))
  }

  @Test("a peer that dies is found out, reported, and tried again until it is back")
  func deadPeer() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    pair.rewrite = { _ in nil }
    pair.run(for: .seconds(60))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["the peer has stopped answering (dead peer detection)"])
    #expect(pair.left.failures.last?.stage == .reachability)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(120))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("every suite of the product sets a tunnel up, rekeys both SAs and matches at both ends", arguments: allSuites)
  func suites(encryption: EncryptionAlgorithm, method: KeyExchangeMethod) {
    let pair = TwoGateways()
    func change(_ connection: inout IKEConnection) {
      connection.ikeProposals = IKEProposal.proposals(
        encryption: [encryption], integrity: [.hmacSHA512_256], pseudorandomFunctions: [.hmacSHA512],
        keyExchangeMethods: [method])
      connection.childProposals = ESPProposal.proposals(
        encryption: [encryption], integrity: [.hmacSHA384_192], keyExchangeMethods: [method],
        extendedSequenceNumbers: true)
    }
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(1))
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    if let spi = pair.left.installed.keys.first {
      pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    }
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 2)
    #expect(pair.left.childrenEstablished.count == 2)
    #expect(pair.left.established.last?.suite.keyExchange == method)
  }

  private static let allSuites: [(EncryptionAlgorithm, KeyExchangeMethod)] =
    EncryptionAlgorithm.allCases.map { ($0, .ecp256) } + KeyExchangeMethod.allCases.map { (.aes256GCM16, $0) }

  @Test("a month of rekeying over a wire that loses every tenth message leaves one tunnel and nothing else")
  func month() {
    let pair = TwoGateways()
    let random = SeededRandom(seed: 30)
    pair.wire.fate = { _, _ in random.next() % 10 == 0 ? .lose : .deliver }
    func change(_ connection: inout IKEConnection) {
      connection.deadPeerInterval = .seconds(600)
      connection.childLifetime = .seconds(7200)
    }
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(30 * 86400))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.sessionCount <= 2)
    #expect(pair.right.sessionCount <= 2)
    #expect(pair.left.childrenEstablished.count > 350)
    #expect(pair.left.established.count >= 30)
    #expect(pair.left.closings.count < 5)
  }
}
