import FabricCrypto
import FabricTestKit
import Testing

/// A suite and whose code runs it.
struct TestedCipher: CustomTestStringConvertible {
  let suite: ProtectionSuite
  let implementation: CipherImplementation

  /// Every suite that Fabric negotiates, by every implementation that this machine has.
  static let all: [TestedCipher] = allSuites.flatMap { suite in
    CipherImplementation.available(for: suite).map { TestedCipher(suite: suite, implementation: $0) }
  }

  var testDescription: String { "\(suite) by \(implementation.rawValue)" }
}

/// Every suite that Fabric negotiates.
private let allSuites: [ProtectionSuite] = EncryptionAlgorithm.allCases.flatMap { encryption in
  encryption.isAEAD
    ? [.aead(encryption)] : IntegrityAlgorithm.allCases.map { .encryptThenMAC(encryption, $0) }
}

/// One packet in separate arrays, for the tests of `PacketCipher`.
struct CipherPacket {
  var header: [UInt8]
  var iv: [UInt8]
  var text: [UInt8]
  var trailer: [UInt8]?
  var icv: [UInt8]
  private let cipher: PacketCipher

  init(
    _ tested: TestedCipher, key: [UInt8], integrityKey: [UInt8]? = nil, header: [UInt8], iv: [UInt8], text: [UInt8],
    trailer: [UInt8]? = nil, icv: [UInt8]
  ) throws {
    (self.header, self.iv, self.text, self.trailer, self.icv) = (header, iv, text, trailer, icv)
    cipher = try PacketCipher(
      suite: tested.suite, encryptionKey: SecretBytes(key), integrityKey: integrityKey.map { SecretBytes($0) },
      implementation: tested.implementation)
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

  func open() -> (isAuthentic: Bool, text: [UInt8]) {
    var opened = text
    let isAuthentic = header.withUnsafeBytes { header in
      iv.withUnsafeBytes { iv in
        opened.withUnsafeMutableBytes { text in
          icv.withUnsafeBytes { icv in
            withTrailer { cipher.open(header: header, iv: iv, text: text, trailer: $0, icv: icv) }
          }
        }
      }
    }
    return (isAuthentic, opened)
  }

  private func withTrailer<Result>(_ body: (UnsafeRawBufferPointer?) throws -> Result) rethrows -> Result {
    guard let trailer else { return try body(nil) }
    return try trailer.withUnsafeBytes { try body($0) }
  }
}

extension CipherPacket {
  /// A packet of random bytes under random keys, not sealed yet.
  init(random tested: TestedCipher, seed: UInt64, length: Int = 48, trailer: [UInt8]? = nil) throws {
    let random = SeededRandom(seed: seed)
    let suite = tested.suite
    try self.init(
      tested, key: random.randomBytes(suite.encryptionKeyLength),
      integrityKey: suite.integrity.map { random.randomBytes($0.keyLength) }, header: random.randomBytes(8),
      iv: random.randomBytes(suite.encryption.ivLength), text: random.randomBytes(length), trailer: trailer,
      icv: [UInt8](repeating: 0, count: suite.icvLength))
  }
}
