/// An encryption transform (RFC 7296 section 3.3.2, Transform Type 1) together with its key length.
public enum EncryptionAlgorithm: String, CaseIterable, Hashable, Sendable, Codable {
  /// ENCR_AES_CBC with a 128-bit key (RFC 3602).
  case aes128CBC = "aes128"
  /// ENCR_AES_CBC with a 256-bit key (RFC 3602).
  case aes256CBC = "aes256"
  /// AES-GCM with a 16-octet ICV and a 128-bit key (RFC 4106, RFC 5282).
  case aes128GCM16 = "aes128gcm16"
  /// AES-GCM with a 16-octet ICV and a 256-bit key (RFC 4106, RFC 5282).
  case aes256GCM16 = "aes256gcm16"
  /// ENCR_CHACHA20_POLY1305, with its 256-bit key (RFC 7634).
  case chaCha20Poly1305 = "chacha20poly1305"

  /// The IANA transform id: 12 for AES-CBC, 20 for AES-GCM-16, 28 for ChaCha20-Poly1305.
  public var transformID: UInt16 {
    switch self {
    case .aes128CBC, .aes256CBC: 12
    case .aes128GCM16, .aes256GCM16: 20
    case .chaCha20Poly1305: 28
    }
  }
  /// The Key Length attribute in bits (RFC 7296 section 3.3.5).
  public var keyLengthAttribute: UInt16? {
    // RFC 7634 section 2: the key has a fixed length, and there is no attribute.
    self == .chaCha20Poly1305 ? nil : UInt16(keyLength * 8)
  }
  /// Key length in bytes, without the salt.
  public var keyLength: Int { self == .aes128CBC || self == .aes128GCM16 ? 16 : 32 }
  /// Bytes of salt taken from the keying material behind the key (RFC 4106 section 8.1, RFC 7634 section 2): 4 for
  /// AEADs, else 0.
  public var saltLength: Int { isAEAD ? 4 : 0 }
  /// Whether the algorithm authenticates too, so that no integrity transform goes with it.
  public var isAEAD: Bool { self != .aes128CBC && self != .aes256CBC }
  /// Bytes of IV carried in each packet: 8 for AEADs, 16 for CBC.
  public var ivLength: Int { isAEAD ? 8 : 16 }
  /// The plain text is padded to a multiple of this many bytes by the cipher itself: 1 for AEADs, 16 for CBC.
  public var blockLength: Int { isAEAD ? 1 : 16 }
  /// Bytes of the AEAD's own integrity check value: 16, or 0 for CBC.
  public var icvLength: Int { isAEAD ? 16 : 0 }

  /// The algorithm of a transform as read off the wire; nil for one that Fabric does not speak.
  public init?(transformID: UInt16, keyLengthAttribute: UInt16?) {
    let match = EncryptionAlgorithm.allCases.first {
      $0.transformID == transformID && $0.keyLengthAttribute == keyLengthAttribute
    }
    guard let match else { return nil }
    self = match
  }
}

/// An integrity transform (RFC 7296 section 3.3.2, Transform Type 3; RFC 4868).
public enum IntegrityAlgorithm: UInt16, CaseIterable, Hashable, Sendable, Codable {
  /// AUTH_HMAC_SHA2_256_128.
  case hmacSHA256_128 = 12
  /// AUTH_HMAC_SHA2_384_192.
  case hmacSHA384_192 = 13
  /// AUTH_HMAC_SHA2_512_256.
  case hmacSHA512_256 = 14

  /// Key length in bytes: the hash's output (RFC 4868 section 2.1.1).
  public var keyLength: Int { icvLength * 2 }
  /// Bytes of the truncated check value in each packet.
  public var icvLength: Int {
    switch self {
    case .hmacSHA256_128: 16
    case .hmacSHA384_192: 24
    case .hmacSHA512_256: 32
    }
  }
}

/// A pseudorandom function (RFC 7296 section 3.3.2, Transform Type 2; RFC 4868).
public enum PseudorandomFunction: UInt16, CaseIterable, Hashable, Sendable, Codable {
  /// PRF_HMAC_SHA2_256.
  case hmacSHA256 = 5
  /// PRF_HMAC_SHA2_384.
  case hmacSHA384 = 6
  /// PRF_HMAC_SHA2_512.
  case hmacSHA512 = 7

  /// Output and preferred key length in bytes (RFC 4868 section 2.1.2).
  public var outputLength: Int {
    switch self {
    case .hmacSHA256: 32
    case .hmacSHA384: 48
    case .hmacSHA512: 64
    }
  }
}

/// A key exchange method (RFC 7296 section 3.3.2, Transform Type 4, in RFC 9370's words).
public enum KeyExchangeMethod: UInt16, CaseIterable, Hashable, Sendable, Codable {
  /// 2048-bit MODP group (RFC 3526).
  case modp2048 = 14
  /// 3072-bit MODP group (RFC 3526).
  case modp3072 = 15
  /// 4096-bit MODP group (RFC 3526).
  case modp4096 = 16
  /// 6144-bit MODP group (RFC 3526).
  case modp6144 = 17
  /// 8192-bit MODP group (RFC 3526).
  case modp8192 = 18
  /// 256-bit random ECP group (RFC 5903).
  case ecp256 = 19
  /// 384-bit random ECP group (RFC 5903).
  case ecp384 = 20
  /// 521-bit random ECP group (RFC 5903).
  case ecp521 = 21
  /// Curve25519 (RFC 8031).
  case curve25519 = 31
  /// Curve448 (RFC 8031).
  case curve448 = 32
  /// ML-KEM-768 (FIPS 203; draft-ietf-ipsecme-ikev2-mlkem).
  case mlkem768 = 36
  /// ML-KEM-1024 (FIPS 203; draft-ietf-ipsecme-ikev2-mlkem).
  case mlkem1024 = 37
}

/// How packets of an SA are protected: a combined-mode cipher, or encrypt-then-MAC.
public enum ProtectionSuite: Hashable, Sendable, Codable {
  /// An AEAD (RFC 5282 for IKE, RFC 4106 for ESP; RFC 7634 for both).
  case aead(EncryptionAlgorithm)
  /// CBC encryption followed by a truncated HMAC over the cipher text.
  case encryptThenMAC(EncryptionAlgorithm, IntegrityAlgorithm)

  /// Combines two negotiated transforms; nil where an AEAD comes with integrity, or CBC without.
  public init?(_ encryption: EncryptionAlgorithm, _ integrity: IntegrityAlgorithm?) {
    switch (encryption.isAEAD, integrity) {
    case (true, nil): self = .aead(encryption)
    case (false, .some(let integrity)): self = .encryptThenMAC(encryption, integrity)
    default: return nil
    }
  }

  /// The cipher.
  public var encryption: EncryptionAlgorithm {
    switch self {
    case .aead(let encryption), .encryptThenMAC(let encryption, _): encryption
    }
  }

  /// The separate integrity algorithm, if the cipher is not an AEAD.
  public var integrity: IntegrityAlgorithm? {
    switch self {
    case .aead: nil
    case .encryptThenMAC(_, let integrity): integrity
    }
  }

  /// Bytes of integrity check value on each packet.
  public var icvLength: Int { integrity?.icvLength ?? encryption.icvLength }
  /// Bytes of keying material for the cipher of one direction: key and salt.
  public var encryptionKeyLength: Int { encryption.keyLength + encryption.saltLength }
  /// Bytes of keying material for the integrity algorithm of one direction.
  public var integrityKeyLength: Int { integrity?.keyLength ?? 0 }
}
