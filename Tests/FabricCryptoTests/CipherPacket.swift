import FabricCrypto
import Testing

/// One packet in separate arrays, for the tests of `PacketCipher`.
struct CipherPacket {
  var header: [UInt8]
  var iv: [UInt8]
  var text: [UInt8]
  var trailer: [UInt8]?
  var icv: [UInt8]
  private let cipher: PacketCipher

  init(
    _ suite: ProtectionSuite, key: [UInt8], integrityKey: [UInt8]? = nil, header: [UInt8], iv: [UInt8], text: [UInt8],
    trailer: [UInt8]? = nil, icv: [UInt8]
  ) throws {
    (self.header, self.iv, self.text, self.trailer, self.icv) = (header, iv, text, trailer, icv)
    cipher = try PacketCipher(
      suite: suite, encryptionKey: SecretBytes(key), integrityKey: integrityKey.map { SecretBytes($0) })
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
