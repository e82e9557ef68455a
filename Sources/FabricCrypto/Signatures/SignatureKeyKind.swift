/// What a key signs with.
public enum SignatureKeyKind: Hashable, Sendable {
  /// RSA with a modulus of this many bits.
  case rsa(bits: Int)
  /// ECDSA on P-256.
  case ecdsaP256
  /// ECDSA on P-384.
  case ecdsaP384
  /// ECDSA on P-521.
  case ecdsaP521
  /// Ed25519.
  case ed25519

  /// RFC 8247 section 4: RSA keys of less than 2,048 bits must not be used. Beyond 8,192 bits a key is a way to keep us
  /// busy.
  static let rsaLengths = 2048...8192

  /// The algorithms that go with the key, in order of preference: RSA-PSS before PKCS #1 v1.5, and on a curve the hash
  /// of its strength first.
  public var algorithms: [SignatureAlgorithm] {
    switch self {
    case .rsa: SignatureHash.sha2.map { .rsaPSS($0) } + SignatureHash.sha2.map { .rsaPKCS1($0) }
    case .ecdsaP256: [.ecdsa(.sha256), .ecdsa(.sha384), .ecdsa(.sha512)]
    case .ecdsaP384: [.ecdsa(.sha384), .ecdsa(.sha512), .ecdsa(.sha256)]
    case .ecdsaP521: [.ecdsa(.sha512), .ecdsa(.sha384), .ecdsa(.sha256)]
    case .ed25519: [.ed25519]
    }
  }

  /// The algorithm to sign with for a peer that announced these hashes (RFC 7427 section 4); nil if it takes none.
  public func algorithm(forPeerHashes hashes: Set<SignatureHash>) -> SignatureAlgorithm? {
    algorithms.first { hashes.contains($0.hash) }
  }
}
