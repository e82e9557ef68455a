import FabricCrypto

/// How the two ends of a connection prove their identities to each other.
public enum IKEAuthentication: Codable, Sendable, Equatable {
  /// Both hold this key (RFC 7296 section 2.15).
  case presharedKey(SecretBytes)
}
