import CIPsecMB
import COpenSSL

/// AES-CBC with an HMAC over several packets at once, by Intel's Multi-Buffer Crypto for IPsec library.
///
/// Each block of CBC needs the one before it, so that one packet leaves most of the processor idle; the blocks of sixteen
/// packets fit side by side into its registers. So packets wait here until somebody wants to send them.
final class MultiBufferCBC {
  private let keys: UnsafeMutablePointer<CIPsecMB_CBCKeys>
  private let storage: UnsafeMutableBufferPointer<CIPsecMB_Packet>
  @exclusivity(unchecked) private var count = 0

  /// More than leave in one go.
  private static let capacity = 256
  /// With fewer, the library takes longer than OpenSSL does for one after the other.
  private static let worthwhile = 6

  init(
    _ encryption: EncryptionAlgorithm, _ encryptionKey: SecretBytes, _ integrity: IntegrityAlgorithm,
    _ integrityKey: SecretBytes
  ) throws(CryptographyError) {
    try encryption.checkLength(of: encryptionKey)
    keys = .allocate(capacity: 1)
    keys.initialize(to: CIPsecMB_CBCKeys())
    storage = .allocate(capacity: MultiBufferCBC.capacity)
    let isPrepared = encryptionKey.withUnsafeBytes { key in
      integrityKey.withUnsafeBytes { integrityKey in
        CIPsecMB_prepareCBC(
          keys, key.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped, UInt64(key.count), integrity.ipsecMBHash,
          integrityKey.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped, UInt64(integrityKey.count),
          UInt64(integrity.icvLength))
      }
    }
    guard isPrepared else { throw .library(operation: "find ipsec-mb") }
  }

  deinit {
    OPENSSL_cleanse(keys, MemoryLayout<CIPsecMB_CBCKeys>.size)
    keys.deallocate()
    storage.deallocate()
  }

  /// Lengths of text that the library takes, and no packet of a network card exceeds.
  static let lengths = 16...32_768

  /// Whether the machine has the library.
  static var isAvailable: Bool { EncryptionAlgorithm.aes256GCM16.ipsecMBFunctions != nil }

  /// The packets that wait.
  var waiting: UnsafeBufferPointer<CIPsecMB_Packet> { UnsafeBufferPointer(rebasing: storage[..<count]) }

  /// Whether enough wait for the library to be faster.
  var isWorthwhile: Bool { count >= MultiBufferCBC.worthwhile }

  /// Lets a packet wait; false if there is no room.
  func add(_ packet: CIPsecMB_Packet) -> Bool {
    guard count < storage.count else { return false }
    storage.initializeElement(at: count, to: packet)
    count += 1
    return true
  }

  /// Seals all that wait; false if one could not be sealed.
  func seal() -> Bool { CIPsecMB_sealCBC(keys, storage.baseAddress.unsafelyUnwrapped, count) }

  /// Forgets those that wait.
  func removeAll() { count = 0 }
}

extension IntegrityAlgorithm {
  fileprivate var ipsecMBHash: CIPsecMB_Hash {
    switch self {
    case .hmacSHA256_128: CIPsecMB_SHA256
    case .hmacSHA384_192: CIPsecMB_SHA384
    case .hmacSHA512_256: CIPsecMB_SHA512
    }
  }
}
