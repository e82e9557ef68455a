import FabricCrypto
import WireFormat

/// A pair of ESP SAs, one in each direction, as IKE has negotiated it and the ESP role installs it.
public struct ChildSA: Sendable, Equatable {
  /// How ESP packets travel between the gateways.
  public enum Encapsulation: String, Sendable, Codable {
    /// In UDP datagrams from port 4500 (RFC 3948).
    case udp
    /// As IP protocol 50 (RFC 4303).
    case esp
  }

  /// The keys of one direction.
  public struct Keys: Sendable, Equatable {
    /// Cipher key followed by the salt, as long as `ProtectionSuite.encryptionKeyLength`.
    public let encryption: SecretBytes
    /// Integrity key; nil for an AEAD.
    public let integrity: SecretBytes?

    /// The keys of one direction.
    public init(encryption: SecretBytes, integrity: SecretBytes?) {
      self.encryption = encryption
      self.integrity = integrity
    }
  }

  /// Name of the connection that the pair belongs to.
  public let connection: String
  /// The SPI that we chose; packets that arrive carry it.
  public let inboundSPI: ESPSPI
  /// The SPI that the peer chose; packets that we send carry it.
  public let outboundSPI: ESPSPI
  /// How packets are protected.
  public let suite: ProtectionSuite
  /// Whether sequence numbers have 64 bits (RFC 4303 section 2.2.1).
  public let usesExtendedSequenceNumbers: Bool
  /// Keys of the packets that arrive.
  public let inboundKeys: Keys
  /// Keys of the packets that we send.
  public let outboundKeys: Keys
  /// Name of the uplink that carries the packets.
  public let uplink: String
  /// Our own address, and port 4500 where packets travel in UDP.
  public let localEndpoint: Endpoint
  /// The peer's address, and its port as we see it where packets travel in UDP.
  public let remoteEndpoint: Endpoint
  /// Whether packets travel in UDP.
  public let encapsulation: Encapsulation
  /// What may be sent: the source addresses of inner packets.
  public let localSelectors: [TrafficSelector]
  /// What may be received: the source addresses of inner packets from the peer.
  public let remoteSelectors: [TrafficSelector]
  /// Width of the replay window in packets.
  public let replayWindow: Int
  /// Whether we initiated the exchange that made the pair.
  public let isInitiator: Bool
  /// Inbound SPI of the pair that this one replaces by a rekey.
  ///
  /// Make before break (RFC 7296 section 2.8): the responder of a rekey keeps sending on the replaced pair until it is
  /// deleted or a packet arrives on this one; the initiator sends on this one at once.
  public let replaces: ESPSPI?
  /// Whether we sit behind a NAT, so that the shell has to send NAT keepalives (RFC 3948 section 4).
  public let isBehindNAT: Bool
}
