/// The ways in which a `PacketCipher` does its work. An enumeration and no protocol: the call per packet is a branch,
/// without a reference to count.
enum CipherEngine: ~Copyable {
  case openSSL(OpenSSLAEAD)
  case ipsecMB(IPsecMBCipher)
  case encryptThenMAC(EncryptThenMAC)

  init(
    _ suite: ProtectionSuite, _ encryptionKey: SecretBytes, _ integrityKey: SecretBytes?,
    _ implementation: CipherImplementation
  ) throws(CryptographyError) {
    switch (suite, implementation) {
    case (.aead(let algorithm), .openSSL): self = .openSSL(try OpenSSLAEAD(algorithm, encryptionKey))
    case (.aead(let algorithm), .ipsecMB):
      self = .ipsecMB(try IPsecMBCipher(algorithm, keyAndSalt: encryptionKey))
    case (.encryptThenMAC(let encryption, let integrity), .openSSL):
      self = .encryptThenMAC(try EncryptThenMAC(encryption, encryptionKey, integrity, integrityKey))
    case (.encryptThenMAC, .ipsecMB): throw .library(operation: "find encrypt-then-MAC in ipsec-mb")
    }
  }

  @inline(__always)
  func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    switch self {
    case .openSSL(let aead): aead.seal(header: header, iv: iv, text: text, tag: icv)
    case .ipsecMB(let cipher): cipher.seal(header: header, iv: iv, text: text, tag: icv)
    case .encryptThenMAC(let pair): pair.seal(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
    }
  }

  @inline(__always)
  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeRawBufferPointer
  ) -> Bool {
    switch self {
    case .openSSL(let aead): aead.open(header: header, iv: iv, text: text, tag: icv)
    case .ipsecMB(let cipher): cipher.open(header: header, iv: iv, text: text, tag: icv)
    case .encryptThenMAC(let pair): pair.open(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
    }
  }
}

/// An AEAD of OpenSSL's.
struct OpenSSLAEAD: ~Copyable {
  private let sealing: OpenSSLCipher
  private let opening: OpenSSLCipher

  init(_ algorithm: EncryptionAlgorithm, _ keyAndSalt: SecretBytes) throws(CryptographyError) {
    let sealing = try OpenSSLCipher(algorithm, .seal, keyAndSalt: keyAndSalt)
    let opening = try OpenSSLCipher(algorithm, .open, keyAndSalt: keyAndSalt)
    self.sealing = sealing
    self.opening = opening
  }

  func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    tag: UnsafeMutableRawBufferPointer
  ) -> Bool {
    sealing.start(iv: iv) && sealing.authenticate(header) && sealing.process(text) && sealing.finish(tag: tag)
  }

  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    tag: UnsafeRawBufferPointer
  ) -> Bool {
    if opening.start(iv: iv), opening.authenticate(header), opening.process(text), opening.verify(tag: tag) {
      return true
    }
    // AEADs decrypt before they know: take back what was written.
    text.initializeMemory(as: UInt8.self, repeating: 0)
    return false
  }
}

/// AES-CBC with an HMAC over the cipher text, both OpenSSL's.
struct EncryptThenMAC: ~Copyable {
  private let sealing: OpenSSLCipher
  private let opening: OpenSSLCipher
  private let authentication: MessageAuthentication

  init(
    _ encryption: EncryptionAlgorithm, _ encryptionKey: SecretBytes, _ integrity: IntegrityAlgorithm,
    _ integrityKey: SecretBytes?
  ) throws(CryptographyError) {
    guard let integrityKey else { throw .wrongKeyLength(expected: integrity.keyLength, actual: 0) }
    let sealing = try OpenSSLCipher(encryption, .seal, keyAndSalt: encryptionKey)
    let opening = try OpenSSLCipher(encryption, .open, keyAndSalt: encryptionKey)
    authentication = try MessageAuthentication(integrity, key: integrityKey)
    self.sealing = sealing
    self.opening = opening
  }

  func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    sealing.start(iv: iv) && sealing.process(text)
      && authentication.compute(header, iv, UnsafeRawBufferPointer(text), trailer, into: icv)
  }

  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeRawBufferPointer
  ) -> Bool {
    authentication.verify(header, iv, UnsafeRawBufferPointer(text), trailer, icv: icv)
      && opening.start(iv: iv) && opening.process(text)
  }
}
