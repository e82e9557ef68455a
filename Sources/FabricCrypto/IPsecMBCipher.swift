import CIPsecMB
import COpenSSL

/// An AEAD of Intel's Multi-Buffer Crypto for IPsec library, keyed for both directions.
struct IPsecMBCipher: ~Copyable {
  private let functions: CIPsecMB_AEAD
  /// Everything that depends on the key, in one piece of memory; the four pointers lie in it.
  private let storage: UnsafeMutableRawBufferPointer
  private let preparedKey, context: UnsafeMutableRawPointer
  /// Salt ‖ IV (RFC 4106 section 4): the salt stays, each packet brings its IV.
  private let nonce: UnsafeMutablePointer<UInt8>
  /// What an opened packet must carry as its check value.
  private let expectedTag: UnsafeMutablePointer<UInt8>
  private static let tagLength = 16

  init(_ algorithm: EncryptionAlgorithm, keyAndSalt: SecretBytes) throws(CryptographyError) {
    guard let functions = algorithm.ipsecMBFunctions else { throw .library(operation: "find ipsec-mb") }
    try algorithm.checkLength(of: keyAndSalt)
    func aligned(_ size: Int) -> Int { (size + 63) & ~63 }
    let contextOffset = aligned(functions.preparedKeySize)
    let nonceOffset = contextOffset + aligned(functions.contextSize)
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: nonceOffset + 32, alignment: 64)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    let preparedKey = storage.baseAddress.unsafelyUnwrapped
    self.functions = functions
    self.storage = storage
    self.preparedKey = preparedKey
    context = preparedKey + contextOffset
    nonce = (preparedKey + nonceOffset).assumingMemoryBound(to: UInt8.self)
    expectedTag = nonce + 16
    keyAndSalt.withUnsafeBytes { bytes in
      functions.prepare(bytes.baseAddress.unsafelyUnwrapped, preparedKey)
      for (index, byte) in bytes[algorithm.keyLength...].enumerated() { nonce[index] = byte }
    }
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// Encrypts `text` in place and writes the check value into `tag`, 16 bytes; the IV has 8.
  func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    tag: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let tag = tag.baseAddress else { return false }
    run(functions.seal, header, iv, text, tag.assumingMemoryBound(to: UInt8.self))
    return true
  }

  /// Decrypts `text` in place; whether `tag` is right. If not, `text` is wiped again.
  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    tag: UnsafeRawBufferPointer
  ) -> Bool {
    run(functions.open, header, iv, text, expectedTag)
    if constantTimeEqual(UnsafeRawBufferPointer(start: expectedTag, count: IPsecMBCipher.tagLength), tag) {
      return true
    }
    text.initializeMemory(as: UInt8.self, repeating: 0)
    return false
  }

  @inline(__always)
  private func run(
    _ process: CIPsecMB_Process, _ header: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer,
    _ text: UnsafeMutableRawBufferPointer, _ tag: UnsafeMutablePointer<UInt8>
  ) {
    let number = iv.loadUnaligned(as: UInt64.self)
    UnsafeMutableRawPointer(nonce).storeBytes(of: number, toByteOffset: 4, as: UInt64.self)
    let bytes = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
    process(
      preparedKey, context, bytes, bytes, UInt64(text.count), nonce,
      header.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(header.count), tag,
      UInt64(IPsecMBCipher.tagLength))
  }
}

extension EncryptionAlgorithm {
  /// The library's functions for the algorithm; nil where the machine or the library has none.
  var ipsecMBFunctions: CIPsecMB_AEAD? {
    switch self {
    case .aes128CBC, .aes256CBC: nil
    case .aes128GCM16: CIPsecMB_find(CIPsecMB_AES128GCM)?.pointee
    case .aes256GCM16: CIPsecMB_find(CIPsecMB_AES256GCM)?.pointee
    case .chaCha20Poly1305: CIPsecMB_find(CIPsecMB_ChaCha20Poly1305)?.pointee
    }
  }

  /// Throws `CryptographyError.wrongKeyLength` unless the bytes are a key with its salt behind it.
  func checkLength(of keyAndSalt: SecretBytes) throws(CryptographyError) {
    guard keyAndSalt.count == keyLength + saltLength else {
      throw .wrongKeyLength(expected: keyLength + saltLength, actual: keyAndSalt.count)
    }
  }
}
