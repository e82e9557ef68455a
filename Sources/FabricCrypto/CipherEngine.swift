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
    case (.encryptThenMAC(let encryption, let integrity), _):
      self = .encryptThenMAC(
        try EncryptThenMAC(encryption, encryptionKey, integrity, integrityKey, implementation))
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

  /// Seals a packet now, or lets it wait for `finish`, which is worth it only where packets are sealed side by side.
  @inline(__always)
  func sealLater(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    switch self {
    case .encryptThenMAC(let pair): pair.sealLater(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
    default: seal(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
    }
  }

  /// Seals the packets that wait; false if one of them could not be sealed.
  @inline(__always)
  func finish() -> Bool {
    switch self {
    case .encryptThenMAC(let pair): pair.finish()
    default: true
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
