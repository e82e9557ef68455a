import FabricCrypto
import FabricTestKit
import Testing

@Suite struct PacketCipherTests {
  @Test("what is sealed opens to the same text, and is not the text", arguments: TestedCipher.all)
  func roundTrip(tested: TestedCipher) throws {
    let plain = try CipherPacket(random: tested, seed: 1)
    var packet = plain
    try packet.seal()
    #expect(packet.text != plain.text)
    let opened = packet.open()
    #expect(opened.isAuthentic)
    #expect(opened.text == plain.text)
  }

  @Test("a flipped bit anywhere is found, and no plain text is left", arguments: TestedCipher.all)
  func tampered(tested: TestedCipher) throws {
    let plain = try CipherPacket(random: tested, seed: 2)
    var packet = plain
    try packet.seal()
    for part in [\CipherPacket.header, \.iv, \.text, \.icv] {
      for index in packet[keyPath: part].indices {
        var changed = packet
        changed[keyPath: part][index] ^= 0x80
        let opened = changed.open()
        #expect(!opened.isAuthentic)
        // An AEAD has decrypted by then and must have wiped; encrypt-then-MAC has not touched the text.
        #expect(opened.text == (tested.suite.encryption.isAEAD ? [UInt8](repeating: 0, count: 48) : changed.text))
      }
    }
  }

  @Test("encrypt-then-MAC covers the trailer", arguments: TestedCipher.all.filter { $0.suite.integrity != nil })
  func trailer(tested: TestedCipher) throws {
    var packet = try CipherPacket(random: tested, seed: 3, trailer: [0, 0, 0, 1])
    try packet.seal()
    for wrong in [[0, 0, 0, 2], nil] as [[UInt8]?] {
      var changed = packet
      changed.trailer = wrong
      #expect(!changed.open().isAuthentic)
    }
    #expect(packet.open().isAuthentic)
  }

  @Test(
    "lengths that do not fit the suite are refused both ways", arguments: TestedCipher.all,
    [("iv", \CipherPacket.iv), ("icv", \.icv), ("text", \.text)])
  func lengths(tested: TestedCipher, part: (field: String, path: WritableKeyPath<CipherPacket, [UInt8]> & Sendable))
    throws
  {
    // A stream cipher has no wrong length of text.
    if part.field == "text", tested.suite.encryption.isAEAD { return }
    var packet = try CipherPacket(random: tested, seed: 4)
    try packet.seal()
    packet[keyPath: part.path].removeLast()
    #expect(!packet.open().isAuthentic)
    #expect(throws: CryptographyError.wrongLength(field: part.field)) { try packet.seal() }
  }

  @Test("keys of the wrong length are refused", arguments: TestedCipher.all)
  func keyLengths(tested: TestedCipher) throws {
    func keys(encryption: Int, integrity: Int) throws {
      _ = try PacketCipher(
        suite: tested.suite, encryptionKey: SecretBytes([UInt8](repeating: 1, count: encryption)),
        integrityKey: integrity == 0 ? nil : SecretBytes([UInt8](repeating: 2, count: integrity)),
        implementation: tested.implementation)
    }
    let (encryption, integrity) = (tested.suite.encryptionKeyLength, tested.suite.integrityKeyLength)
    try keys(encryption: encryption, integrity: integrity)
    for wrong in [encryption - 1, encryption + 1, 0] {
      #expect(throws: CryptographyError.wrongKeyLength(expected: encryption, actual: wrong)) {
        try keys(encryption: wrong, integrity: integrity)
      }
    }
    #expect(throws: CryptographyError.wrongKeyLength(expected: integrity, actual: integrity + 1)) {
      try keys(encryption: encryption, integrity: integrity + 1)
    }
  }

  @Test("a CBC sender's IVs do not repeat and show no counter")
  func unpredictableIVs() throws {
    let source = try UnpredictableIV(SeededRandom(seed: 5))
    var halves: Set<[UInt8]> = []
    for _ in 0..<1000 {
      var iv = [UInt8](repeating: 0, count: 16)
      #expect(iv.withUnsafeMutableBytes { source.next(into: $0) })
      #expect(halves.insert(Array(iv[..<8])).inserted)
      #expect(halves.insert(Array(iv[8...])).inserted)
    }
  }
}
