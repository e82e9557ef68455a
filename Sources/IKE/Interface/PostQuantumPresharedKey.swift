import FabricCrypto

/// A key that both ends have been given and mix into the keys of the IKE SA (RFC 8784): who breaks every key exchange later
/// does not read the traffic without it.
///
/// It does not prove an identity: it goes with any kind of authentication.
public struct PostQuantumPresharedKey: Codable, Sendable, Equatable {
  /// What the two ends know the key by (PPK_ID_FIXED); no secret.
  public let identity: String
  /// At least 256 random bits.
  public let key: SecretBytes
  /// Whether a peer without the key is refused.
  public let isRequired: Bool

  /// A key that is known as `identity`.
  public init(identity: String, key: SecretBytes, isRequired: Bool) {
    self.identity = identity
    self.key = key
    self.isRequired = isRequired
  }
}
