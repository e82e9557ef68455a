import COpenSSL

/// A private key with which a gateway proves its identity (RFC 7427). Like all secrets it has no description.
public final class SigningKey: Sendable {
  private let key: AsymmetricKey
  /// The public half.
  public let verificationKey: VerificationKey

  private init(_ key: AsymmetricKey) throws(CryptographyError) {
    self.key = key
    verificationKey = try VerificationKey(publicHalfOf: key)
  }

  /// Makes a new key.
  public static func generate(_ kind: SignatureKeyKind) throws(CryptographyError) -> SigningKey {
    try SigningKey(.generate(kind))
  }

  /// Reads DER: PKCS #8, or the older forms of RSA (RFC 8017) and EC keys (RFC 5915).
  ///
  /// Throws `CryptographyError.unusableKey` for anything else, and for keys that Fabric does not sign with: RSA of less
  /// than 2,048 bits, other curves.
  public convenience init(der: SecretBytes) throws(CryptographyError) {
    let pointer = der.withUnsafeBytes { bytes in
      var start = bytes.bindMemory(to: UInt8.self).baseAddress
      return d2i_AutoPrivateKey(nil, &start, bytes.count)
    }
    try self.init(AsymmetricKey(owning: pointer))
  }

  /// Reads the first private key of PEM text, which must not be encrypted; throws like `init(der:)`.
  public convenience init(pem: SecretBytes) throws(CryptographyError) {
    let pointer = pem.withUnsafeBytes { bytes in
      let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
      defer { BIO_free(source) }
      // Without a callback of ours, OpenSSL would ask for a password on the terminal.
      return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
    }
    try self.init(AsymmetricKey(owning: pointer))
  }

  /// The key as PKCS #8 in DER, for a file of mode 0600.
  public var der: SecretBytes {
    get throws(CryptographyError) {
      let information = try check(EVP_PKEY2PKCS8(key.pointer), "encode a private key")
      defer { PKCS8_PRIV_KEY_INFO_free(information) }
      let count = i2d_PKCS8_PRIV_KEY_INFO(information, nil)
      try check(count, "encode a private key")
      return SecretBytes(count: Int(count)) { bytes in
        var start = bytes.bindMemory(to: UInt8.self).baseAddress
        i2d_PKCS8_PRIV_KEY_INFO(information, &start)
      }
    }
  }

  /// The signature of `message`.
  ///
  /// Throws `CryptographyError.wrongSignatureAlgorithm` if the algorithm is not one of the key's kind.
  public func sign(_ message: [UInt8], by algorithm: SignatureAlgorithm) throws(CryptographyError) -> [UInt8] {
    let context = try check(EVP_MD_CTX_new(), "signature context")
    defer { EVP_MD_CTX_free(context) }
    guard key.begin(algorithm, context, EVP_DigestSignInit) else { throw .wrongSignatureAlgorithm(algorithm) }
    var count = Int(EVP_PKEY_get_size(key.pointer))
    var signature = [UInt8](repeating: 0, count: count)
    try check(EVP_DigestSign(context, &signature, &count, message, message.count), "sign")
    return Array(signature.prefix(count))
  }
}
