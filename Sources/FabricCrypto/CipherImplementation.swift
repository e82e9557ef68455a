import CIPsecMB

/// Whose code seals and opens packets. The bytes are the same; the time is not.
public enum CipherImplementation: String, CaseIterable, Hashable, Sendable, Codable {
  /// OpenSSL's libcrypto: every algorithm, everywhere.
  case openSSL = "openssl"
  /// Intel's Multi-Buffer Crypto for IPsec library, where the machine has it: the AEADs, and AES-CBC with HMAC where several
  /// packets are sealed at once; else that is OpenSSL's here too.
  case ipsecMB = "ipsec-mb"

  /// The implementations of a suite on this machine; OpenSSL is always the first.
  public static func available(for suite: ProtectionSuite) -> [CipherImplementation] {
    let hasIPsecMB = suite.encryption.isAEAD ? suite.encryption.ipsecMBFunctions != nil : MultiBufferCBC.isAvailable
    return hasIPsecMB ? [.openSSL, .ipsecMB] : [.openSSL]
  }

  /// The fastest implementation of a suite on this machine.
  ///
  /// Measured when it is first asked for, which takes a few milliseconds; from then on it stays the same.
  public static func fastest(for suite: ProtectionSuite) -> CipherImplementation {
    fastestOfAEADs[suite.encryption] ?? fastestOfEncryptThenMAC
  }

  private static let fastestOfEncryptThenMAC = measureFastest(.encryptThenMAC(.aes256CBC, .hmacSHA256_128))

  private static let fastestOfAEADs: [EncryptionAlgorithm: CipherImplementation] = {
    let algorithms = EncryptionAlgorithm.allCases.filter(\.isAEAD)
    return Dictionary(uniqueKeysWithValues: algorithms.map { ($0, measureFastest(.aead($0))) })
  }()

  private static func measureFastest(_ suite: ProtectionSuite) -> CipherImplementation {
    let candidates = available(for: suite)
    guard candidates.count > 1 else { return .openSSL }
    let times = candidates.map { (implementation: $0, time: CipherSpeed.measure(suite, $0)) }
    return times.min { $0.time < $1.time }?.implementation ?? .openSSL
  }
}

/// How long a cipher takes for a packet.
public enum CipherSpeed {
  /// Packets that are sealed at once, as those that a bulk transfer brings.
  private static let train = 16

  /// The time in which `implementation` seals one of several packets of `textLength` bytes in place: the best of several
  /// rounds of `trains` of sixteen, as whatever disturbs a measurement makes it longer. `Duration.seconds(.max)` if it
  /// cannot do that at all.
  public static func measure(
    _ suite: ProtectionSuite, _ implementation: CipherImplementation, textLength: Int = 1424, trains: Int = 6
  ) -> Duration {
    let key = SecretBytes([UInt8](repeating: 0x5A, count: suite.encryptionKeyLength))
    let integrityKey = suite.integrity.map { SecretBytes([UInt8](repeating: 0xA5, count: $0.keyLength)) }
    let cipher = try? PacketCipher(
      suite: suite, encryptionKey: key, integrityKey: integrityKey, implementation: implementation)
    guard let cipher else { return .seconds(Int64.max) }
    let length = 8 + suite.encryption.ivLength + textLength + suite.icvLength
    var packets = [UInt8](repeating: 0, count: train * length)
    return packets.withUnsafeMutableBytes { bytes in
      let parts = (0..<train).map { index in
        PacketParts(UnsafeMutableRawBufferPointer(rebasing: bytes[(index * length)..<((index + 1) * length)]), suite)
      }
      return (0..<8).map { _ in round(cipher, parts, trains: trains) }.min() ?? .seconds(Int64.max)
    }
  }

  private static func round(_ cipher: PacketCipher, _ packets: [PacketParts], trains: Int) -> Duration {
    let time = ContinuousClock().measure {
      for number in 0..<trains {
        for packet in packets {
          packet.iv.storeBytes(of: UInt64(number), as: UInt64.self)
          try? cipher.sealLater(
            header: packet.header, iv: UnsafeRawBufferPointer(packet.iv), text: packet.text, icv: packet.icv)
        }
        _ = cipher.finish()
      }
    }
    return time / (trains * train)
  }

  private struct PacketParts {
    let header: UnsafeRawBufferPointer
    let iv, text, icv: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer, _ suite: ProtectionSuite) {
      let textStart = 8 + suite.encryption.ivLength
      let icvStart = bytes.count - suite.icvLength
      header = UnsafeRawBufferPointer(rebasing: bytes[..<8])
      iv = UnsafeMutableRawBufferPointer(rebasing: bytes[8..<textStart])
      text = UnsafeMutableRawBufferPointer(rebasing: bytes[textStart..<icvStart])
      icv = UnsafeMutableRawBufferPointer(rebasing: bytes[icvStart...])
    }
  }
}
