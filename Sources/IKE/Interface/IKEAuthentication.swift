import FabricCrypto

/// How the two ends of a connection prove their identities to each other.
public enum IKEAuthentication: Codable, Sendable, Equatable {
  /// Both hold this key (RFC 7296 section 2.15).
  case presharedKey(SecretBytes)
  /// Both sign, and show certificates of their identities (RFC 7427).
  case certificate(TrustAnchors)
}

/// Whose certificates a peer may show.
public enum TrustAnchors: Codable, Sendable, Hashable {
  /// Those of the certification authority that our own certificate is of.
  case ownAuthority
  /// Those of another organisation's authorities alone: their certificates in DER.
  ///
  /// Towards such a peer the signatures from before RFC 7427 are spoken where it knows no other.
  case authorities([[UInt8]])

  /// Whether a peer that does not speak RFC 7427 may sign as RFC 7296 and RFC 4754 had it.
  var allowsClassicSignatures: Bool { self != .ownAuthority }
}

/// How a peer has proved its identity.
public enum PeerProof: Codable, Sendable, Equatable {
  /// It holds our preshared key.
  case presharedKey
  /// It holds the key of this certificate, and has signed with it by this algorithm: `ECDSA with SHA-256`.
  case certificate(CertificateSummary, algorithm: String)
}

/// What an operator wants to know of a certificate.
public struct CertificateSummary: Codable, Sendable, Equatable {
  /// The issuer's distinguished name.
  public let issuer: String
  /// The serial number in hexadecimal.
  public let serialNumber: String
  /// The end of its validity, in seconds since 1970.
  public let expires: Int64

  /// A summary.
  public init(issuer: String, serialNumber: String, expires: Int64) {
    self.issuer = issuer
    self.serialNumber = serialNumber
    self.expires = expires
  }
}
