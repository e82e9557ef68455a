import FabricCrypto
import WireFormat

/// The keys of one direction of an SA.
public struct ESPKeys: Equatable, Sendable, Codable {
  /// The cipher's key, with the salt behind it for AES-GCM (RFC 4106 section 8.1).
  public let encryption: SecretBytes
  /// The integrity key; nil for AEADs.
  public let integrity: SecretBytes?

  /// The keys of one direction.
  public init(encryption: SecretBytes, integrity: SecretBytes?) {
    self.encryption = encryption
    self.integrity = integrity
  }
}

/// Where an SA's packets go, and how.
public struct ESPPath: Hashable, Sendable, Codable {
  /// The name of the uplink whose sockets carry the packets.
  public var uplink: String
  /// Our end; the port counts for UDP encapsulation only.
  public var local: Endpoint
  /// The peer's end, as seen from here (behind a NAT: the NAT's).
  public var remote: Endpoint
  /// In UDP, or as IP protocol 50.
  public var encapsulation: ESPEncapsulation

  /// A path.
  public init(uplink: String, local: Endpoint, remote: Endpoint, encapsulation: ESPEncapsulation) {
    self.uplink = uplink
    self.local = local
    self.remote = remote
    self.encapsulation = encapsulation
  }
}

/// A pair of ESP SAs as IKE negotiated them (RFC 4301 section 4.4.2.1).
///
/// `Codable` for the pipe between two processes of one gateway only. It must never be stored: an SA that came back from
/// a file would start over at sequence number 1 and use IVs twice (DESIGN.md section 5, invariant 1).
public struct ESPSAParameters: Equatable, Sendable, Codable {
  /// The tunnel interface that the SAs belong to.
  public var tunnel: Int
  /// The SPI that we chose, on packets to us.
  public var inboundSPI: ESPSPI
  /// The SPI that the peer chose, on packets to it.
  public var outboundSPI: ESPSPI
  /// The algorithms of both directions.
  public var suite: ProtectionSuite
  /// The keys of packets to us.
  public var inboundKeys: ESPKeys
  /// The keys of packets to the peer.
  public var outboundKeys: ESPKeys
  /// Whether sequence numbers have 64 bits (RFC 4303 section 2.2.1).
  public var extendedSequenceNumbers: Bool
  /// Width of the replay window in packets; rounded up to a multiple of 64.
  public var replayWindow: Int
  /// Where the packets go.
  public var path: ESPPath
  /// What may be behind us (RFC 7296 section 2.9).
  public var localSelectors: [TrafficSelector]
  /// What may be behind the peer.
  public var remoteSelectors: [TrafficSelector]
  /// Whether we began the exchange that made the SAs: then the peer is known to be ready to receive on them.
  public var isInitiator: Bool

  /// All of them; see the properties.
  public init(
    tunnel: Int, inboundSPI: ESPSPI, outboundSPI: ESPSPI, suite: ProtectionSuite, inboundKeys: ESPKeys,
    outboundKeys: ESPKeys, extendedSequenceNumbers: Bool, replayWindow: Int, path: ESPPath,
    localSelectors: [TrafficSelector], remoteSelectors: [TrafficSelector], isInitiator: Bool
  ) {
    self.tunnel = tunnel
    self.inboundSPI = inboundSPI
    self.outboundSPI = outboundSPI
    self.suite = suite
    self.inboundKeys = inboundKeys
    self.outboundKeys = outboundKeys
    self.extendedSequenceNumbers = extendedSequenceNumbers
    self.replayWindow = replayWindow
    self.path = path
    self.localSelectors = localSelectors
    self.remoteSelectors = remoteSelectors
    self.isInitiator = isInitiator
  }
}
