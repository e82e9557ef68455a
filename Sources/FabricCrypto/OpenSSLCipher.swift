import COpenSSL

/// An OpenSSL cipher keyed for one direction, AES-CBC or an AEAD. Calls go start, (authenticate,) process, (tag).
struct OpenSSLCipher: ~Copyable {
  /// Which way the context works.
  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  private let context: OpaquePointer
  /// Salt ‖ IV (RFC 4106 section 4): the salt stays, each packet brings its IV. CBC has no salt.
  private let nonce: UnsafeMutableRawBufferPointer
  private let saltLength: Int

  init(_ algorithm: EncryptionAlgorithm, _ direction: Direction, keyAndSalt: SecretBytes) throws(CryptographyError) {
    try algorithm.checkLength(of: keyAndSalt)
    let context = try check(EVP_CIPHER_CTX_new(), "cipher context")
    let keyed = keyAndSalt.withUnsafeBytes { bytes in
      let key = bytes.bindMemory(to: UInt8.self).baseAddress
      return EVP_CipherInit_ex(context, algorithm.openSSLCipher, nil, key, nil, direction.rawValue)
    }
    // ESP and IKE pad by their own rules (RFC 4303 section 2.4, RFC 7296 section 3.14).
    guard keyed == 1, EVP_CIPHER_CTX_set_padding(context, 0) == 1 else {
      EVP_CIPHER_CTX_free(context)
      throw .library(operation: "set the cipher's key")
    }
    self.context = context
    self.saltLength = algorithm.saltLength
    self.nonce = .allocate(byteCount: algorithm.saltLength + algorithm.ivLength, alignment: 8)
    nonce.initializeMemory(as: UInt8.self, repeating: 0)
    keyAndSalt.withUnsafeBytes { nonce.copyBytes(from: $0[algorithm.keyLength...]) }
  }

  deinit {
    EVP_CIPHER_CTX_free(context)
    OPENSSL_cleanse(nonce.baseAddress, nonce.count)
    nonce.deallocate()
  }

  /// Begins a packet.
  func start(iv: UnsafeRawBufferPointer) -> Bool {
    UnsafeMutableRawBufferPointer(rebasing: nonce[saltLength...]).copyMemory(from: iv)
    return EVP_CipherInit_ex(context, nil, nil, nil, nonce.bindMemory(to: UInt8.self).baseAddress, -1) == 1
  }

  /// Takes in additional authenticated data.
  func authenticate(_ data: UnsafeRawBufferPointer) -> Bool {
    var count: Int32 = 0
    guard let length = Int32(exactly: data.count) else { return false }
    return EVP_CipherUpdate(context, nil, &count, data.bindMemory(to: UInt8.self).baseAddress, length) == 1
  }

  /// Encrypts or decrypts `text` in place.
  func process(_ text: UnsafeMutableRawBufferPointer) -> Bool {
    var count: Int32 = 0
    guard let length = Int32(exactly: text.count) else { return false }
    guard let bytes = text.bindMemory(to: UInt8.self).baseAddress else { return true }
    return EVP_CipherUpdate(context, bytes, &count, bytes, length) == 1 && count == length
  }

  /// Ends a sealed AEAD packet and writes its check value.
  func finish(tag: UnsafeMutableRawBufferPointer) -> Bool {
    finalize() && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress) == 1
  }

  /// Ends an opened AEAD packet; whether its check value is right.
  func verify(tag: UnsafeRawBufferPointer) -> Bool {
    let expected = UnsafeMutableRawPointer(mutating: tag.baseAddress)
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), expected) == 1 && finalize()
  }

  private func finalize() -> Bool {
    var count: Int32 = 0
    // AEADs end without output; the IV's buffer only satisfies the call's signature.
    return EVP_CipherFinal_ex(context, nonce.bindMemory(to: UInt8.self).baseAddress, &count) == 1
  }
}

extension EncryptionAlgorithm {
  fileprivate var openSSLCipher: OpaquePointer? {
    switch self {
    case .aes128CBC: EVP_aes_128_cbc()
    case .aes256CBC: EVP_aes_256_cbc()
    case .aes128GCM16: EVP_aes_128_gcm()
    case .aes256GCM16: EVP_aes_256_gcm()
    case .chaCha20Poly1305: EVP_chacha20_poly1305()
    }
  }
}
