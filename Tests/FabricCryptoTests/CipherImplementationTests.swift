import FabricCrypto
import FabricTestKit
import Testing

@Suite struct CipherImplementationTests {
  private static let comparable = TestedCipher.all.filter { $0.implementation != .openSSL }

  @Test("implementations give the same bytes for random lengths of 0 to 9,000", arguments: comparable)
  func sameBytes(tested: TestedCipher) throws {
    let random = SeededRandom(seed: 7)
    // Every short length, where the block's and the vector's edges are, then random ones.
    for length in Array(0...300) + (0..<200).map({ _ in Int(random.next() % 9001) }) {
      var ours = try CipherPacket(random: tested, seed: UInt64(length), length: length)
      var reference = try CipherPacket(
        random: TestedCipher(suite: tested.suite, implementation: .openSSL), seed: UInt64(length), length: length)
      let plain = ours.text
      try ours.seal()
      try reference.seal()
      #expect(ours.text == reference.text && ours.icv == reference.icv, "\(length) bytes")
      let opened = ours.open()
      #expect(opened.isAuthentic && opened.text == plain, "\(length) bytes")
    }
  }

  @Test("OpenSSL is always there, and the fastest is one that is there", arguments: TestedCipher.all.map(\.suite))
  func choice(suite: ProtectionSuite) throws {
    let available = CipherImplementation.available(for: suite)
    #expect(available.first == .openSSL)
    let cipher = try PacketCipher(
      suite: suite, encryptionKey: SecretBytes([UInt8](repeating: 1, count: suite.encryptionKeyLength)),
      integrityKey: suite.integrity.map { SecretBytes([UInt8](repeating: 2, count: $0.keyLength)) })
    #expect(available.contains(cipher.implementation))
    #expect(cipher.implementation == .fastest(for: suite))
  }

  @Test("an implementation that has no such suite is refused")
  func missing() {
    #expect(throws: CryptographyError.library(operation: "find encrypt-then-MAC in ipsec-mb")) {
      try PacketCipher(
        suite: .encryptThenMAC(.aes128CBC, .hmacSHA256_128),
        encryptionKey: SecretBytes([UInt8](repeating: 1, count: 16)),
        integrityKey: SecretBytes([UInt8](repeating: 2, count: 32)), implementation: .ipsecMB)
    }
  }
}
