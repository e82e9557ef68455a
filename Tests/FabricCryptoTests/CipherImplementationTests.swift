import FabricCrypto
import FabricTestKit
import Testing

@Suite struct CipherImplementationTests {
  private static let comparable = TestedCipher.all.filter { $0.implementation != .openSSL }

  @Test("implementations give the same bytes for random lengths of 0 to 9,000", arguments: comparable)
  func sameBytes(tested: TestedCipher) throws {
    let random = SeededRandom(seed: 7)
    // Every short length, where the block's and the vector's edges are, then random ones.
    for anyLength in Array(0...300) + (0..<200).map({ _ in Int(random.next() % 9001) }) {
      let length = tested.suite.encryption.isAEAD ? anyLength : anyLength & ~15
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

  @Test("packets that wait for each other are sealed like those that do not", arguments: TestedCipher.all, [nil, 7])
  func sealsLater(tested: TestedCipher, high: UInt32?) throws {
    let random = SeededRandom(seed: 11)
    func cipher(_ implementation: CipherImplementation) throws -> PacketCipher {
      try PacketCipher(
        suite: tested.suite, encryptionKey: SecretBytes([UInt8](repeating: 1, count: tested.suite.encryptionKeyLength)),
        integrityKey: tested.suite.integrity.map { SecretBytes([UInt8](repeating: 2, count: $0.keyLength)) },
        implementation: implementation)
    }
    let (ours, reference) = (try cipher(tested.implementation), try cipher(.openSSL))
    // More than may wait at once, and everything between.
    for count in [1, 2, 5, 6, 15, 16, 17, 100, 300] {
      let plain = (0..<count).map { _ in random.randomBytes(8 + ivLength(tested) + 16 * Int(random.next() % 95) + 32) }
      var sealed = plain.joined().map(\.self)
      var offset = 0
      try sealed.withUnsafeMutableBytes { bytes in
        for packet in plain {
          let place = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<(offset + packet.count)])
          try seal(place, tested.suite, high) { try ours.sealLater(header: $0, iv: $1, text: $2, trailer: $3, icv: $4) }
          offset += packet.count
        }
        #expect(ours.finish())
      }
      let expected = try plain.flatMap { packet in
        var packet = packet
        try packet.withUnsafeMutableBytes {
          try seal($0, tested.suite, high) { try reference.seal(header: $0, iv: $1, text: $2, trailer: $3, icv: $4) }
        }
        return packet
      }
      #expect(sealed == expected, "\(count) packets")
    }
  }

  private func ivLength(_ tested: TestedCipher) -> Int { tested.suite.encryption.ivLength }

  /// Takes a packet in one piece apart, as ESP has it.
  private func seal(
    _ packet: UnsafeMutableRawBufferPointer, _ suite: ProtectionSuite, _ high: UInt32?,
    _ seal: (
      UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer, UnsafeRawBufferPointer?,
      UnsafeMutableRawBufferPointer
    ) throws -> Void
  ) throws {
    let textStart = 8 + suite.encryption.ivLength
    // Whole blocks of text; what is left belongs to no packet.
    let textEnd = textStart + (packet.count - textStart - 32)
    let icv = UnsafeMutableRawBufferPointer(rebasing: packet[textEnd..<(textEnd + suite.icvLength)])
    let header = UnsafeRawBufferPointer(rebasing: packet[..<8])
    let iv = UnsafeRawBufferPointer(rebasing: packet[8..<textStart])
    let text = UnsafeMutableRawBufferPointer(rebasing: packet[textStart..<textEnd])
    if let high, !suite.encryption.isAEAD {
      try withUnsafeBytes(of: high.bigEndian) { try seal(header, iv, text, $0, icv) }
    } else {
      try seal(header, iv, text, nil, icv)
    }
  }
}
