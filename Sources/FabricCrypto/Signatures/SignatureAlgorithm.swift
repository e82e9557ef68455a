/// A hash of the SIGNATURE_HASH_ALGORITHMS notify (RFC 7427 section 4); SHA-1, number 1, is not spoken.
public enum SignatureHash: UInt16, CaseIterable, Hashable, Sendable, Codable {
  /// SHA2-256.
  case sha256 = 2
  /// SHA2-384.
  case sha384 = 3
  /// SHA2-512.
  case sha512 = 4
  /// The message itself, which Ed25519 hashes in its own way (RFC 8420 section 2).
  case identity = 5

  /// The SHA-2 hashes, strongest last.
  static let sha2: [SignatureHash] = [.sha256, .sha384, .sha512]

  /// The hash's output in bytes; 0 for the identity.
  var outputLength: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    case .identity: 0
    }
  }
}

/// How an AUTH payload of the Digital Signature method is signed (RFC 7427 section 3): named on the wire by the DER
/// encoding of its AlgorithmIdentifier.
public enum SignatureAlgorithm: Hashable, Sendable {
  /// RSASSA-PKCS1-v1_5, only where a peer has nothing better (RFC 8247 section 3.2).
  case rsaPKCS1(SignatureHash)
  /// RSASSA-PSS with the same hash in MGF1 and a salt of the hash's length (RFC 7427 appendix A.4).
  case rsaPSS(SignatureHash)
  /// ECDSA; the signature is a DER Ecdsa-Sig-Value (RFC 7427 appendix A.3).
  case ecdsa(SignatureHash)
  /// Ed25519 (RFC 8420).
  case ed25519

  /// All that Fabric signs and verifies.
  public static let all: [SignatureAlgorithm] =
    [.ed25519] + SignatureHash.sha2.flatMap { [.ecdsa($0), .rsaPSS($0), .rsaPKCS1($0)] }

  /// The hash that the peer must have announced (RFC 7427 section 4).
  public var hash: SignatureHash {
    switch self {
    case .rsaPKCS1(let hash), .rsaPSS(let hash), .ecdsa(let hash): hash
    case .ed25519: .identity
    }
  }

  /// The DER encoding of the AlgorithmIdentifier (RFC 7427 appendix A, RFC 8420 appendix A).
  public var algorithmIdentifier: [UInt8] {
    switch self {
    case .rsaPKCS1(let hash): DER.sequence(DER.rsaSignature(hash), DER.null)
    case .rsaPSS(let hash): DER.pss(hash, hashParameters: DER.null)
    case .ecdsa(let hash): DER.sequence(DER.ecdsaSignature(hash))
    case .ed25519: DER.sequence(DER.ed25519)
    }
  }

  /// The algorithm of an AlgorithmIdentifier as read off the wire; nil for one that Fabric does not speak.
  public init?(algorithmIdentifier: [UInt8]) {
    let match = SignatureAlgorithm.all.first { $0.spellings.contains(algorithmIdentifier) }
    guard let match else { return nil }
    self = match
  }

  /// RFC 4055 section 2.1: a hash's parameters are NULL or absent, and both must be accepted.
  private var spellings: [[UInt8]] {
    guard case .rsaPSS(let hash) = self else { return [algorithmIdentifier] }
    return [algorithmIdentifier, DER.pss(hash, hashParameters: [])]
  }
}

extension SignatureHash: CustomStringConvertible {
  /// `SHA-256`.
  public var description: String { self == .identity ? "identity" : "SHA-\(outputLength * 8)" }
}

extension SignatureAlgorithm: CustomStringConvertible {
  /// `ECDSA with SHA-256`.
  public var description: String {
    switch self {
    case .rsaPKCS1(let hash): "RSA PKCS #1 v1.5 with \(hash)"
    case .rsaPSS(let hash): "RSA-PSS with \(hash)"
    case .ecdsa(let hash): "ECDSA with \(hash)"
    case .ed25519: "Ed25519"
    }
  }
}

/// The few pieces of DER (X.690) that AlgorithmIdentifiers are made of; all are shorter than 128 bytes.
private enum DER {
  static let null: [UInt8] = [0x05, 0]
  /// id-Ed25519, 1.3.101.112.
  static let ed25519: [UInt8] = [0x06, 3, 0x2B, 0x65, 0x70]
  private static let pkcs1: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01]
  private static let nistHashes: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02]
  private static let ecdsaWithSHA2: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03]

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }

  /// sha256WithRSAEncryption and its kin, 1.2.840.113549.1.1.11 to 13.
  static func rsaSignature(_ hash: SignatureHash) -> [UInt8] { tagged(0x06, pkcs1 + [11 + index(hash)]) }

  /// ecdsa-with-SHA256 and its kin, 1.2.840.10045.4.3.2 to 4.
  static func ecdsaSignature(_ hash: SignatureHash) -> [UInt8] { tagged(0x06, ecdsaWithSHA2 + [2 + index(hash)]) }

  /// id-RSASSA-PSS, 1.2.840.113549.1.1.10, with its parameters written out (RFC 8017 appendix A.2.3).
  static func pss(_ hash: SignatureHash, hashParameters: [UInt8]) -> [UInt8] {
    // id-sha256 and its kin, 2.16.840.1.101.3.4.2.1 to 3; id-mgf1 is 1.2.840.113549.1.1.8.
    let hashIdentifier = sequence(tagged(0x06, nistHashes + [1 + index(hash)]), hashParameters)
    let maskGeneration = sequence(tagged(0x06, pkcs1 + [8]), hashIdentifier)
    let saltLength: [UInt8] = [0x02, 1, UInt8(hash.outputLength)]
    return sequence(
      tagged(0x06, pkcs1 + [10]),
      sequence(tagged(0xA0, hashIdentifier), tagged(0xA1, maskGeneration), tagged(0xA2, saltLength)))
  }

  /// 0, 1, 2 for SHA-256, SHA-384, SHA-512, in which order the registries number them.
  private static func index(_ hash: SignatureHash) -> UInt8 {
    UInt8(SignatureHash.sha2.firstIndex(of: hash) ?? 0)
  }

  private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag, UInt8(content.count)] + content }
}
