import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Encrypted payloads")
struct MessageProtectionTests {
  /// Both ends of an IKE SA.
  private func ends(_ protection: ProtectionSuite) throws -> (MessageProtection, MessageProtection) {
    let suite = IKESuite(protection: protection, pseudorandomFunction: .hmacSHA256, keyExchange: .curve25519)
    let keys = try IKEKeys(
      suite: suite, seed: SecretBytes([1, 2, 3]), nonces: Nonces(initiator: [4], responder: [5]),
      initiatorSPI: IKESPI(rawValue: 1), responderSPI: IKESPI(rawValue: 2))
    let random = SeededRandom(seed: 9)
    return (
      try MessageProtection(suite: suite, keys: keys, isInitiator: true, random: random),
      try MessageProtection(suite: suite, keys: keys, isInitiator: false, random: random)
    )
  }

  private static let suites: [ProtectionSuite] =
    [EncryptionAlgorithm.aes128GCM16, .aes256GCM16].map { .aead($0) }
    + [EncryptionAlgorithm.aes128CBC, .aes256CBC].flatMap { cipher in
      IntegrityAlgorithm.allCases.map { .encryptThenMAC(cipher, $0) }
    }

  private func message(_ payloads: [Payload]) -> IKEMessage {
    IKEMessage(
      header: IKEHeader(
        initiatorSPI: IKESPI(rawValue: 1), responderSPI: IKESPI(rawValue: 2), exchangeType: .informational,
        isFromInitiator: true, isResponse: false, messageID: 7),
      payloads: payloads)
  }

  @Test("what one end seals the other opens, for every suite and length", arguments: suites)
  func roundTrip(suite: ProtectionSuite) throws {
    let (initiator, responder) = try ends(suite)
    #expect(try responder.open(ReceivedMessage(initiator.seal(message([])))) == message([]))
    for length in 0..<40 {
      let sent = message([.vendorID(VendorIDPayload(bytes: Array(repeating: 1, count: length)))])
      let sealed = try initiator.seal(sent)
      #expect(try responder.open(ReceivedMessage(sealed)) == sent)
      // A message does not come back to its sender.
      #expect(try initiator.open(ReceivedMessage(sealed)) == nil)
    }
  }

  @Test("no flipped bit and no truncation is authentic", arguments: suites)
  func damage(suite: ProtectionSuite) throws {
    let (initiator, responder) = try ends(suite)
    let sealed = try initiator.seal(message([.delete(.ikeSA)]))
    for bit in 0..<(sealed.count * 8) {
      var damaged = sealed
      damaged[bit / 8] ^= 1 << (bit % 8)
      guard let received = try? ReceivedMessage(damaged) else { continue }
      let opened = try? responder.open(received)
      #expect(opened == nil, "bit \(bit)")
    }
    for count in 0..<sealed.count {
      var short = Array(sealed.prefix(count))
      // With lengths that fit, so that the truncation gets as far as possible.
      if count >= 32 { (short[27], short[31]) = (UInt8(count), UInt8(count - 28)) }
      guard let received = try? ReceivedMessage(short) else { continue }
      let opened = try? responder.open(received)
      #expect(opened == nil, "\(count) bytes")
    }
  }

  @Test("an IV is never used twice under one key", arguments: suites)
  func freshIVs(suite: ProtectionSuite) throws {
    let (initiator, _) = try ends(suite)
    let length = suite.encryption.ivLength
    let ivs = try (0..<100).map { _ in try Array(initiator.seal(message([]))[32..<(32 + length)]) }
    #expect(Set(ivs).count == 100)
  }

}
