import COpenSSL

/// A peer's public key, from its certificate or pinned by the topology.
public final class VerificationKey: Sendable {
  private let key: AsymmetricKey
  /// The DER encoding of the SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
  public let subjectPublicKeyInfo: [UInt8]

  /// Reads the DER encoding of a SubjectPublicKeyInfo.
  ///
  /// Throws `CryptographyError.unusableKey` for anything else, for bytes behind it, and for keys that Fabric does not
  /// accept signatures of: RSA of less than 2,048 bits, other curves.
  public init(subjectPublicKeyInfo: [UInt8]) throws(CryptographyError) {
    var isWhole = false
    let pointer = subjectPublicKeyInfo.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      let pointer = d2i_PUBKEY(nil, &start, bytes.count)
      isWhole = start == bytes.baseAddress.map { $0 + bytes.count }
      return pointer
    }
    key = try AsymmetricKey(owning: pointer)
    guard isWhole else { throw .unusableKey }
    self.subjectPublicKeyInfo = subjectPublicKeyInfo
  }

  convenience init(publicHalfOf key: AsymmetricKey) throws(CryptographyError) {
    let count = i2d_PUBKEY(key.pointer, nil)
    try check(count, "encode a public key")
    var bytes = [UInt8](repeating: 0, count: Int(count))
    bytes.withUnsafeMutableBufferPointer { bytes in
      var start = bytes.baseAddress
      i2d_PUBKEY(key.pointer, &start)
    }
    try self.init(subjectPublicKeyInfo: bytes)
  }

  /// What the key signs with.
  public var kind: SignatureKeyKind { key.kind }

  /// Whether `signature` is this key's signature of `message`; false too if the algorithm is not one of the key's kind.
  public func isValid(_ signature: [UInt8], of message: [UInt8], by algorithm: SignatureAlgorithm) -> Bool {
    // What OpenSSL noted about the peer's signature must not surface in a later, unrelated error.
    defer { ERR_clear_error() }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return key.begin(algorithm, context, EVP_DigestVerifyInit)
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

extension VerificationKey: Equatable {
  /// Whether both are the same key.
  public static func == (left: VerificationKey, right: VerificationKey) -> Bool {
    left.subjectPublicKeyInfo == right.subjectPublicKeyInfo
  }
}
