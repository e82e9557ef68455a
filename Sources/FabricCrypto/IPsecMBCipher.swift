import CIPsecMB
import COpenSSL

/// An AEAD of Intel's Multi-Buffer Crypto for IPsec library, keyed for both directions.
struct IPsecMBCipher: ~Copyable {
  private let functions: CIPsecMB_AEAD
  /// Everything that depends on the key, in one piece of memory; the four pointers lie in it.
  private let storage: UnsafeMutableRawBufferPointer
  private let preparedKey, context: UnsafeMutableRawPointer
  /// Salt ‖ IV (RFC 4106 section 4): the salt stays, each packet brings its IV.
  private let nonce: UnsafeMutableRawPointer
  /// What an opened packet must carry as its check value.
  private let expectedTag: UnsafeMutableRawBufferPointer

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
    self.context = preparedKey + contextOffset
    self.nonce = preparedKey + nonceOffset
    self.expectedTag = UnsafeMutableRawBufferPointer(rebasing: storage[(nonceOffset + 16)...])
    keyAndSalt.withUnsafeBytes { bytes in
      functions.prepare(bytes.baseAddress.unsafelyUnwrapped, preparedKey)
      let salt = UnsafeRawBufferPointer(rebasing: bytes[algorithm.keyLength...])
      UnsafeMutableRawBufferPointer(start: nonce, count: salt.count).copyMemory(from: salt)
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
    setNonce(iv)
    functions.seal(
      preparedKey, context, text.baseAddress, text.count, nonce, header.baseAddress, header.count, tag)
    return true
  }

  /// Decrypts `text` in place; whether `tag` is right. If not, `text` is wiped again.
  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    tag: UnsafeRawBufferPointer
  ) -> Bool {
    guard let expected = expectedTag.baseAddress else { return false }
    setNonce(iv)
    functions.open(
      preparedKey, context, text.baseAddress, text.count, nonce, header.baseAddress, header.count, expected)
    if constantTimeEqual(UnsafeRawBufferPointer(expectedTag), tag) { return true }
    text.initializeMemory(as: UInt8.self, repeating: 0)
    return false
  }

  private func setNonce(_ iv: UnsafeRawBufferPointer) {
    nonce.storeBytes(of: iv.loadUnaligned(as: UInt64.self), toByteOffset: 4, as: UInt64.self)
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
