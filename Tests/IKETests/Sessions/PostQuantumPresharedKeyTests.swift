import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 8784. In the drawings `AUTH'` is computed under the keys without the PPK.
@Suite("Post-quantum preshared keys")
struct PostQuantumPresharedKeyTests {
  private let a = TwoGateways.leftAddress

  private func connect(_ left: PostQuantumPresharedKey?, _ right: PostQuantumPresharedKey?) -> TwoGateways {
    let pair = TwoGateways()
    pair.configure(left: { $0.postQuantumPresharedKey = left }, right: { $0.postQuantumPresharedKey = right })
    pair.run(for: .seconds(1))
    return pair
  }

  private func expectTunnel(_ pair: TwoGateways, withPPK isMixed: Bool) {
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.map(\.hasPostQuantumPresharedKey) == [isMixed])
    #expect(pair.right.established.map(\.hasPostQuantumPresharedKey) == [isMixed])
  }

  private func expectNothing(_ pair: TwoGateways) {
    #expect(pair.left.established.isEmpty && pair.left.installed.isEmpty)
    #expect(pair.right.established.isEmpty && pair.right.installed.isEmpty)
    #expect(!pair.left.failures.isEmpty)
  }

  // A                                              B
  // SA, KE, Ni, N(USE_PPK)                 ──▶
  //                                        ◀──  SA, KE, Nr, N(USE_PPK)
  // IDi, AUTH, N(PPK_IDENTITY) [, N(NO_PPK_AUTH)(AUTH')]  ──▶
  //                                        ◀──  IDr, AUTH, N(PPK_IDENTITY)
  @Test("a key that both ends have is mixed in", arguments: [true, false], [true, false])
  func common(leftRequires: Bool, rightRequires: Bool) throws {
    let pair = connect(.sample(isRequired: leftRequires), .sample(isRequired: rightRequires))
    expectTunnel(pair, withPPK: true)
    let without = connect(nil, nil)
    #expect(
      try #require(pair.left.establishedSessions.first?.sa?.keys.derivation)
        != #require(without.left.establishedSessions.first?.sa?.keys.derivation))
    // What is made of the IKE SA has the key in it too.
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.left.established.map(\.hasPostQuantumPresharedKey) == [true, true])
    #expect(
      pair.left.establishedSessions.first?.sa?.keys.derivation
        == pair.right.establishedSessions.first?.sa?.keys.derivation)
  }

  @Test("SK_d, SK_pi and SK_pr are prf+ of the key over what they were, and no other key changes")
  func mixing() throws {
    let prf = PseudorandomFunction.hmacSHA256
    let suite = IKESuite(protection: .aead(.aes256GCM16), pseudorandomFunction: prf, keyExchange: .curve25519)
    let before = try IKEKeys(
      suite: suite, seed: SecretBytes(Array(repeating: 1, count: 32)),
      nonces: Nonces(initiator: [1], responder: [2]), initiatorSPI: IKESPI(rawValue: 1),
      responderSPI: IKESPI(rawValue: 2))
    let ppk = SecretBytes(Array(repeating: 9, count: 32))
    let after = try before.mixing(ppk, by: prf)
    // prf+ of one block is prf(PPK, SK | 0x01).
    func expected(_ key: SecretBytes) -> SecretBytes { prf(key: ppk, key + [1]) }
    #expect(after.derivation == expected(before.derivation))
    #expect(after.initiatorAuthentication == expected(before.initiatorAuthentication))
    #expect(after.responderAuthentication == expected(before.responderAuthentication))
    #expect(after.initiator.encryption == before.initiator.encryption)
    #expect(after.responder.encryption == before.responder.encryption)
  }

  // IDi, AUTH, N(PPK_IDENTITY), N(NO_PPK_AUTH)(AUTH')  ──▶
  //                                                    ◀──  IDr, AUTH'      no N(PPK_IDENTITY): without the PPK
  @Test("a peer with another key that none requires does without, and so does one that has none")
  func fallback() {
    expectTunnel(connect(.sample("mine", isRequired: false), .sample("yours", isRequired: false)), withPPK: false)
    expectTunnel(connect(.sample(isRequired: false), nil), withPPK: false)
    expectTunnel(connect(nil, .sample(isRequired: false)), withPPK: false)
  }

  @Test("who requires the key refuses a peer without it, or with another one")
  func requirement() {
    expectNothing(connect(.sample(isRequired: true), nil))
    expectNothing(connect(nil, .sample(isRequired: true)))
    expectNothing(connect(.sample("mine", isRequired: true), .sample("yours", isRequired: false)))
    expectNothing(connect(.sample("mine", isRequired: false), .sample("yours", isRequired: true)))
  }

  @Test("two keys of one name that differ are never talked round", arguments: [true, false])
  func wrongKey(isRequired: Bool) {
    let other = PostQuantumPresharedKey(
      identity: "left--right", key: SecretBytes(Array(repeating: 3, count: 32)), isRequired: isRequired)
    expectNothing(connect(.sample(isRequired: isRequired), other))
  }

  @Test("an attacker who strips USE_PPK gets no tunnel at all", arguments: [true, false])
  func stripped(areRequired: Bool) {
    let pair = TwoGateways()
    pair.rewrite = { datagram in
      guard let received = try? ReceivedMessage(datagram.bytes), received.header.exchangeType == .initial,
        var message = try? received.plain()
      else { return datagram }
      message.payloads.removeAll { if case .notify(let notify) = $0 { notify.type == .usePPK } else { false } }
      var copy = datagram
      copy.bytes = message.encoded()
      return copy
    }
    let change: (inout IKEConnection) -> Void = { $0.postQuantumPresharedKey = .sample(isRequired: areRequired) }
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(60))
    expectNothing(pair)
  }

  @Test("the key goes with ML-KEM: it is mixed into the keys of the last IKE_INTERMEDIATE")
  func withAdditionalKeyExchange() {
    let pair = TwoGateways.established {
      $0.demand([.mlkem768])
      $0.postQuantumPresharedKey = .sample(isRequired: true)
    }
    expectTunnel(pair, withPPK: true)
    #expect(pair.left.established.first?.suite.additionalKeyExchanges == [.mlkem768])
  }

  @Test("a connection with an empty key or identity is refused")
  func faults() {
    var connection = IKEConnection.sample(initiates: true)
    connection.postQuantumPresharedKey = .sample("", isRequired: true)
    #expect(connection.fault != nil)
    connection.postQuantumPresharedKey = PostQuantumPresharedKey(
      identity: "key", key: SecretBytes([]), isRequired: true)
    #expect(connection.fault != nil)
    connection.postQuantumPresharedKey = .sample(isRequired: true)
    #expect(connection.fault == nil)
  }
}

extension PostQuantumPresharedKey {
  /// A key for tests; another identity has another key.
  static func sample(_ identity: String = "left--right", isRequired: Bool) -> PostQuantumPresharedKey {
    PostQuantumPresharedKey(
      identity: identity, key: SecretBytes(Array((identity + String(repeating: "k", count: 32)).utf8)),
      isRequired: isRequired)
  }
}
