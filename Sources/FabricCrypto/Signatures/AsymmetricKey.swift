import COpenSSL

/// An OpenSSL key of a kind that Fabric signs with, freed in the end.
final class AsymmetricKey: Sendable {
  nonisolated(unsafe) let pointer: OpaquePointer
  let kind: SignatureKeyKind

  /// Takes over what OpenSSL read; throws `CryptographyError.unusableKey` if that is nothing, or no key to sign with.
  init(owning pointer: OpaquePointer?) throws(CryptographyError) {
    ERR_clear_error()
    guard let pointer else { throw .unusableKey }
    guard let kind = SignatureKeyKind(pointer) else {
      EVP_PKEY_free(pointer)
      throw .unusableKey
    }
    self.pointer = pointer
    self.kind = kind
  }

  deinit { EVP_PKEY_free(pointer) }

  static func generate(_ kind: SignatureKeyKind) throws(CryptographyError) -> AsymmetricKey {
    let context = try check(EVP_PKEY_CTX_new_from_name(nil, kind.keyType, nil), "key generation context")
    defer { EVP_PKEY_CTX_free(context) }
    try check(EVP_PKEY_keygen_init(context), "begin key generation")
    if let group = kind.groupName { try check(EVP_PKEY_CTX_set_group_name(context, group), "choose the curve") }
    if case .rsa(let bits) = kind {
      try check(EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)), "choose the key's length")
    }
    var key: OpaquePointer?
    try check(EVP_PKEY_generate(context, &key), "generate a key")
    return try AsymmetricKey(owning: key)
  }

  /// Prepares `context` for one signature or verification.
  func begin(
    _ algorithm: SignatureAlgorithm, _ context: OpaquePointer,
    _ initialize: (
      OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, OpaquePointer?, OpaquePointer?, OpaquePointer?
    ) -> Int32
  ) -> Bool {
    var parameters: OpaquePointer?
    guard kind.algorithms.contains(algorithm), initialize(context, &parameters, algorithm.digest, nil, pointer) == 1
    else { return false }
    guard case .rsaPSS = algorithm else { return true }
    return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
      && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
  }
}

extension SignatureKeyKind {
  fileprivate init?(_ key: OpaquePointer) {
    if EVP_PKEY_is_a(key, "RSA") == 1 {
      let bits = Int(EVP_PKEY_get_bits(key))
      guard SignatureKeyKind.rsaLengths.contains(bits) else { return nil }
      self = .rsa(bits: bits)
    } else if EVP_PKEY_is_a(key, "ED25519") == 1 {
      self = .ed25519
    } else if EVP_PKEY_is_a(key, "EC") == 1 {
      self.init(curveOf: key)
    } else {
      return nil
    }
  }

  private init?(curveOf key: OpaquePointer) {
    var name = [CChar](repeating: 0, count: 32)
    guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return nil }
    switch String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) {
    case "prime256v1": self = .ecdsaP256
    case "secp384r1": self = .ecdsaP384
    case "secp521r1": self = .ecdsaP521
    default: return nil
    }
  }

  fileprivate var keyType: String {
    switch self {
    case .rsa: "RSA"
    case .ecdsaP256, .ecdsaP384, .ecdsaP521: "EC"
    case .ed25519: "ED25519"
    }
  }

  fileprivate var groupName: String? {
    switch self {
    case .ecdsaP256: "P-256"
    case .ecdsaP384: "P-384"
    case .ecdsaP521: "P-521"
    case .rsa, .ed25519: nil
    }
  }
}

extension SignatureAlgorithm {
  fileprivate var digest: OpaquePointer? {
    switch hash {
    case .sha256: EVP_sha256()
    case .sha384: EVP_sha384()
    case .sha512: EVP_sha512()
    case .identity: nil
    }
  }
}
