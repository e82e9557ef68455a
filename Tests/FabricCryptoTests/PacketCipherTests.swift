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
    let packet = try SealedPacket(suite, seed: 1)
    #expect(packet.text != packet.plain)
    #expect(packet.open() == packet.plain)
  }

  @Test("a flipped bit anywhere is found and no plain text is left", arguments: allSuites)
  func tampered(suite: ProtectionSuite) throws {
    let packet = try SealedPacket(suite, seed: 2)
    for part in [\SealedPacket.header, \.iv, \.text, \.icv] {
      for index in packet[keyPath: part].indices {
        var changed = packet
        changed[keyPath: part][index] ^= 0x80
        #expect(changed.open() == nil)
      }
    }
  }

  @Test("encrypt-then-MAC covers the trailer", arguments: allSuites.filter { $0.integrity != nil })
  func trailer(suite: ProtectionSuite) throws {
    let packet = try SealedPacket(suite, seed: 3, trailer: [0, 0, 0, 1])
    #expect(packet.open() == packet.plain)
    var changed = packet
    changed.trailer = [0, 0, 0, 2]
    #expect(changed.open() == nil)
    changed.trailer = nil
    #expect(changed.open() == nil)
  }

  @Test("lengths that do not fit the suite are refused both ways", arguments: allSuites)
  func lengths(suite: ProtectionSuite) throws {
    let packet = try SealedPacket(suite, seed: 4)
    var changed = packet
    changed.iv.removeLast()
    #expect(changed.open() == nil)
    #expect(throws: CryptographyError.wrongLength(field: "iv")) { try changed.seal() }
    changed = packet
    changed.icv.removeLast()
    #expect(changed.open() == nil)
    #expect(throws: CryptographyError.wrongLength(field: "icv")) { try changed.seal() }
    guard !suite.encryption.isAEAD else { return }
    changed = packet
    changed.text.removeLast()
    #expect(changed.open() == nil)
    #expect(throws: CryptographyError.wrongLength(field: "text")) { try changed.seal() }
  }

  @Test("keys of the wrong length are refused", arguments: allSuites)
  func keyLengths(suite: ProtectionSuite) {
    let key = SecretBytes([UInt8](repeating: 1, count: suite.encryptionKeyLength))
    let short = SecretBytes([UInt8](repeating: 1, count: suite.encryptionKeyLength - 1))
    let integrity = suite.integrity.map { SecretBytes([UInt8](repeating: 2, count: $0.keyLength)) }
    let extra = SecretBytes([UInt8](repeating: 2, count: suite.integrityKeyLength + 1))
    #expect(throws: CryptographyError.self) {
      try PacketCipher(suite: suite, encryptionKey: short, integrityKey: integrity)
    }
    #expect(throws: CryptographyError.self) {
      try PacketCipher(suite: suite, encryptionKey: key, integrityKey: extra)
    }
  }

  @Test("a CBC sender's IVs do not repeat and show no counter")
  func unpredictableIVs() throws {
    let source = try UnpredictableIV(SeededRandom(seed: 5))
    var seen: Set<[UInt8]> = []
    for _ in 0..<1000 {
      var iv = [UInt8](repeating: 0, count: 16)
      #expect(iv.withUnsafeMutableBytes { source.next(into: $0) })
      #expect(seen.insert(iv).inserted)
      #expect(iv.suffix(8) != [0, 0, 0, 0, 0, 0, 0, 0])
    }
  }
}

/// One packet through a cipher of fixed keys.
struct SealedPacket {
  let suite: ProtectionSuite
  let plain: [UInt8]
  var header: [UInt8]
  var iv: [UInt8]
  var text: [UInt8]
  var trailer: [UInt8]?
  var icv: [UInt8]
  private let cipher: PacketCipher

  init(_ suite: ProtectionSuite, seed: UInt64, trailer: [UInt8]? = nil) throws {
    let random = SeededRandom(seed: seed)
    self.suite = suite
    self.trailer = trailer
    header = random.randomBytes(8)
    iv = random.randomBytes(suite.encryption.ivLength)
    plain = random.randomBytes(48)
    text = plain
    icv = [UInt8](repeating: 0, count: suite.icvLength)
    cipher = try PacketCipher(
      suite: suite, encryptionKey: SecretBytes(random.randomBytes(suite.encryptionKeyLength)),
      integrityKey: suite.integrity.map { SecretBytes(random.randomBytes($0.keyLength)) })
    try seal()
  }

  mutating func seal() throws {
    var (text, icv) = (text, icv)
    try header.withUnsafeBytes { header in
      try iv.withUnsafeBytes { iv in
        try text.withUnsafeMutableBytes { text in
          try icv.withUnsafeMutableBytes { icv in
            try withTrailer { try cipher.seal(header: header, iv: iv, text: text, trailer: $0, icv: icv) }
          }
        }
      }
    }
    (self.text, self.icv) = (text, icv)
  }

  /// The plain text, or nil if refused; also checks that a refusal leaves no plain text behind.
  func open() -> [UInt8]? {
    var opened = text
    let authentic = header.withUnsafeBytes { header in
      iv.withUnsafeBytes { iv in
        opened.withUnsafeMutableBytes { text in
          icv.withUnsafeBytes { icv in
            withTrailer { cipher.open(header: header, iv: iv, text: text, trailer: $0, icv: icv) }
          }
        }
      }
    }
    if !authentic { #expect(opened != plain) }
    return authentic ? opened : nil
  }

  private func withTrailer<Result>(_ body: (UnsafeRawBufferPointer?) throws -> Result) rethrows -> Result {
    guard let trailer else { return try body(nil) }
    return try trailer.withUnsafeBytes { try body($0) }
  }
}
