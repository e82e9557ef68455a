/// How ESP packets travel between two gateways.
public enum Encapsulation: String, Codable, CaseIterable, Sendable {
  /// Always inside UDP port 4500 (RFC 3948).
  case udp
  /// Always as IP protocol 50 (RFC 4303).
  case esp
  /// Inside UDP where a NAT is seen on the path, else as protocol 50.
  case auto
}

/// `profiles.ike`: Phase 1, resolved to RFC terms, everything in order of preference.
///
/// Algorithms are kept by the names that the topology file uses; the agent maps them to transforms.
public struct IKEProfile: Codable, Equatable, Sendable {
  /// Encryption: `aes128`, `aes256`, `aes128gcm16`, `aes256gcm16`, `chacha20poly1305`.
  public var encryption: [String]
  /// Integrity for the entries that are no AEAD: `sha256`, `sha384`, `sha512`.
  public var integrity: [String]
  /// PRF: `sha256`, `sha384`, `sha512`.
  public var prf: [String]
  /// Key exchange methods: `modp2048`, `modp3072`, `modp4096`, `modp6144`, `modp8192`, `ecp256`, `ecp384`, `ecp521`,
  /// `x25519`, `x448`.
  public var dhGroups: [String]
  /// The key exchanges that follow the first one in both phases, so that a quantum computer that breaks that one breaks
  /// nothing; nil for none.
  public var postQuantum: PostQuantumProfile?
  /// Whether a post-quantum preshared key is mixed in (RFC 8784); nil for none.
  public var postQuantumKey: PostQuantumKeyUse?
  /// Seconds until the IKE SA must have been rekeyed.
  public var lifetimeSeconds: Int
  /// Seconds of silence after which the peer is asked whether it lives (RFC 7296 section 2.4); 0 never asks.
  public var dpdSeconds: Double

  /// A Phase 1 profile.
  public init(
    encryption: [String], integrity: [String], prf: [String], dhGroups: [String],
    postQuantum: PostQuantumProfile? = nil, postQuantumKey: PostQuantumKeyUse? = nil, lifetimeSeconds: Int,
    dpdSeconds: Double
  ) {
    self.encryption = encryption
    self.integrity = integrity
    self.prf = prf
    self.dhGroups = dhGroups
    self.postQuantum = postQuantum
    self.postQuantumKey = postQuantumKey
    self.lifetimeSeconds = lifetimeSeconds
    self.dpdSeconds = dpdSeconds
  }
}

/// Key exchanges with ML-KEM behind the Diffie-Hellman exchange (RFC 9370).
public struct PostQuantumProfile: Codable, Equatable, Sendable {
  /// The methods in the order in which they take place, each in both phases: `mlkem768`, `mlkem1024`.
  public var additionalKeyExchanges: [String]
  /// Whether a peer that cannot do them is refused, rather than talked to without them.
  public var isRequired: Bool

  /// Additional key exchanges.
  public init(additionalKeyExchanges: [String], isRequired: Bool) {
    self.additionalKeyExchanges = additionalKeyExchanges
    self.isRequired = isRequired
  }
}

/// What becomes of a peer that does not have our post-quantum preshared key.
public enum PostQuantumKeyUse: String, Codable, Sendable {
  /// The tunnel does without.
  case prefer
  /// It is refused.
  case require
}

/// `profiles.ipsec`: Phase 2, a transform set bound into a reusable profile.
public struct IPsecProfile: Codable, Equatable, Sendable {
  /// Encryption, in order of preference, by the same names as in `IKEProfile`.
  public var encryption: [String]
  /// Integrity for the entries that are no AEAD.
  public var integrity: [String]
  /// Whether 64-bit extended sequence numbers are asked for (RFC 4304).
  public var extendedSequenceNumbers: Bool
  /// The key exchange methods for PFS, in order of preference; empty without PFS.
  public var pfs: [String]
  /// Seconds until the Child SA must have been rekeyed.
  public var lifetimeSeconds: Int
  /// Bytes until the Child SA must have been rekeyed; nil for no such limit.
  public var lifetimeBytes: UInt64?
  /// Packets that the anti-replay window spans: 64 to 4096.
  public var replayWindow: Int

  /// A Phase 2 profile.
  public init(
    encryption: [String], integrity: [String], extendedSequenceNumbers: Bool, pfs: [String], lifetimeSeconds: Int,
    lifetimeBytes: UInt64?, replayWindow: Int
  ) {
    self.encryption = encryption
    self.integrity = integrity
    self.extendedSequenceNumbers = extendedSequenceNumbers
    self.pfs = pfs
    self.lifetimeSeconds = lifetimeSeconds
    self.lifetimeBytes = lifetimeBytes
    self.replayWindow = replayWindow
  }
}
