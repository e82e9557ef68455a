import FabricCrypto
import FabricTestKit
import Testing

/// Every suite that Fabric negotiates.
let allSuites: [ProtectionSuite] = EncryptionAlgorithm.allCases.flatMap { encryption in
  encryption.isAEAD
    ? [.aead(encryption)] : IntegrityAlgorithm.allCases.map { .encryptThenMAC(encryption, $0) }
}

@Suite struct PacketCipherTests {
  @Test("what is sealed opens to the same text, and is not the text", arguments: allSuites)
  func roundTrip(suite: ProtectionSuite) throws {
    let plain = try CipherPacket(random: suite, seed: 1)
    var packet = plain
    try packet.seal()
    #expect(packet.text != plain.text)
    let opened = packet.open()
    #expect(opened.isAuthentic)
    #expect(opened.text == plain.text)
  }

  @Test("a flipped bit anywhere is found, and no plain text is left", arguments: allSuites)
  func tampered(suite: ProtectionSuite) throws {
    let plain = try CipherPacket(random: suite, seed: 2)
    var packet = plain
    try packet.seal()
    for part in [\CipherPacket.header, \.iv, \.text, \.icv] {
      for index in packet[keyPath: part].indices {
        var changed = packet
        changed[keyPath: part][index] ^= 0x80
        let opened = changed.open()
        #expect(!opened.isAuthentic)
        // AES-GCM has decrypted by then and must have wiped; encrypt-then-MAC has not touched the text.
        #expect(opened.text == (suite.encryption.isAEAD ? [UInt8](repeating: 0, count: 48) : changed.text))
      }
    }
  }

  @Test("encrypt-then-MAC covers the trailer", arguments: allSuites.filter { $0.integrity != nil })
  func trailer(suite: ProtectionSuite) throws {
    var packet = try CipherPacket(random: suite, seed: 3, trailer: [0, 0, 0, 1])
    try packet.seal()
    for wrong in [[0, 0, 0, 2], nil] as [[UInt8]?] {
      var changed = packet
      changed.trailer = wrong
      #expect(!changed.open().isAuthentic)
    }
    #expect(packet.open().isAuthentic)
  }

  @Test(
    "lengths that do not fit the suite are refused both ways", arguments: allSuites,
    [("iv", \CipherPacket.iv), ("icv", \.icv), ("text", \.text)])
  func lengths(suite: ProtectionSuite, part: (field: String, path: WritableKeyPath<CipherPacket, [UInt8]> & Sendable))
    throws
  {
    // A stream cipher has no wrong length of text.
    if part.field == "text", suite.encryption.isAEAD { return }
    var packet = try CipherPacket(random: suite, seed: 4)
    try packet.seal()
    packet[keyPath: part.path].removeLast()
    #expect(!packet.open().isAuthentic)
    #expect(throws: CryptographyError.wrongLength(field: part.field)) { try packet.seal() }
  }

  @Test("keys of the wrong length are refused", arguments: allSuites)
  func keyLengths(suite: ProtectionSuite) throws {
    func keys(encryption: Int, integrity: Int) throws {
      _ = try PacketCipher(
        suite: suite, encryptionKey: SecretBytes([UInt8](repeating: 1, count: encryption)),
        integrityKey: integrity == 0 ? nil : SecretBytes([UInt8](repeating: 2, count: integrity)))
    }
    let (encryption, integrity) = (suite.encryptionKeyLength, suite.integrityKeyLength)
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

extension CipherPacket {
  /// A packet of 48 random bytes under random keys, not sealed yet.
  fileprivate init(random suite: ProtectionSuite, seed: UInt64, trailer: [UInt8]? = nil) throws {
    let random = SeededRandom(seed: seed)
    try self.init(
      suite, key: random.randomBytes(suite.encryptionKeyLength),
      integrityKey: suite.integrity.map { random.randomBytes($0.keyLength) }, header: random.randomBytes(8),
      iv: random.randomBytes(suite.encryption.ivLength), text: random.randomBytes(48), trailer: trailer,
      icv: [UInt8](repeating: 0, count: suite.icvLength))
  }
}
