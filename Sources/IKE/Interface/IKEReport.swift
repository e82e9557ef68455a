import FabricCrypto
import WireFormat

/// What the engine has to say about a connection, enough for `fabric status`.
public struct IKEReport: Sendable, Equatable, Codable {
  /// The connection's name; nil for a peer that no connection fits.
  public let connection: String?
  /// What happened.
  public let content: Content

  /// A report.
  public init(connection: String?, _ content: Content) {
    self.connection = connection
    self.content = content
  }

  /// What happened to a connection.
  public enum Content: Sendable, Equatable, Codable {
    /// The first message has gone out to this peer.
    case connecting(Endpoint)
    /// The peer has proved its identity and the IKE SA is up, or has been replaced by a rekey.
    case established(IKESASummary)
    /// A Child SA is up.
    case childEstablished(ChildSASummary)
    /// A Child SA is gone, known by its inbound SPI.
    case childClosed(ESPSPI, reason: String)
    /// An attempt has failed.
    case failed(Failure)
    /// The IKE SA and all its Child SAs are gone.
    case closed(reason: String)
    /// The peer has restarted and does not have the IKE SA any more (RFC 6290).
    case lostByPeer
    /// The peer's address or port has changed (RFC 7296 section 2.23).
    case moved(Endpoint)
    /// Our own address has changed, and the tunnel goes on from there (RFC 4555).
    case relocated(Endpoint)
  }

  /// How far a tunnel came, in the stages that `fabric status` shows.
  public enum Stage: String, Sendable, Codable {
    /// The peer does not answer.
    case reachability
    /// Phase 1: the peer answers, but there is no IKE SA.
    case ikeSA
    /// Phase 2: the IKE SA is up, but there is no Child SA.
    case childSA
  }

  /// Why an attempt failed.
  public struct Failure: Sendable, Equatable, Codable {
    /// Where it stopped.
    public let stage: Stage
    /// The cause, in the words of a network engineer.
    public let cause: String
    /// Where the peer is, as far as known.
    public let remote: Endpoint?
    /// When the engine tries again by itself; nil if it waits for the peer.
    public let retryAfter: Duration?
  }
}

/// An established IKE SA.
public struct IKESASummary: Sendable, Equatable, Codable {
  /// The initiator's SPI.
  public let initiatorSPI: IKESPI
  /// The responder's SPI.
  public let responderSPI: IKESPI
  /// Whether we are the SA's original initiator.
  public let isInitiator: Bool
  /// The identity that the peer proved.
  public let remoteIdentity: IKEIdentity
  /// How it proved it.
  public let peerProof: PeerProof?
  /// Name of the uplink that carries it.
  public let uplink: String
  /// Our own address and port.
  public let local: Endpoint
  /// The peer's address and port.
  public let remote: Endpoint
  /// The negotiated algorithms.
  public let suite: IKESuite
  /// Whether a post-quantum preshared key is in its keys (RFC 8784).
  public let hasPostQuantumPresharedKey: Bool
  /// Whether it goes on from another one by a ticket, without a key exchange of its own (RFC 5723).
  public let isResumed: Bool
  /// Whether there is a NAT in front of us.
  public let isLocalBehindNAT: Bool
  /// Whether there is a NAT in front of the peer.
  public let isRemoteBehindNAT: Bool
  /// When the SA was established.
  public let established: Instant
  /// When we shall rekey it.
  public let rekeys: Instant
}

/// An established Child SA, without its keys.
public struct ChildSASummary: Sendable, Equatable, Codable {
  /// The SPI of packets that arrive.
  public let inboundSPI: ESPSPI
  /// The SPI of packets that we send.
  public let outboundSPI: ESPSPI
  /// The inbound SPI of the pair that this one replaces.
  public let replaces: ESPSPI?
  /// The negotiated algorithms; the key exchange is nil without PFS, and for the first Child SA, which has none.
  public let suite: ESPSuite
  /// Whether packets travel in UDP or as IP protocol 50.
  public let encapsulation: ChildSA.Encapsulation
  /// Our own side of the traffic, as narrowed.
  public let localSelectors: [TrafficSelector]
  /// The peer's side of the traffic, as narrowed.
  public let remoteSelectors: [TrafficSelector]
  /// When the pair was established.
  public let established: Instant
  /// When we shall rekey it.
  public let rekeys: Instant
}
