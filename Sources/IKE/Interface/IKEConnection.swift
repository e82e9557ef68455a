import FabricCrypto
import WireFormat

/// One tunnel as the IKE engine is configured with it: who the peer is, how it proves that, and what is acceptable.
public struct IKEConnection: Codable, Sendable, Equatable {
  /// The tunnel's name, unique within the engine.
  public var name: String
  /// Name of the uplink whose sockets carry the tunnel's datagrams.
  public var localUplink: String
  /// The uplink's own address; nil until it is known (DHCP), and then nothing is initiated.
  public var localAddress: IPAddress?
  /// The peer's address; nil where it is not known (a peer behind NAT), and then the engine only responds.
  public var remoteAddress: IPAddress?
  /// The identity sent in our ID payload.
  public var localIdentity: IKEIdentity
  /// The identity that the peer must prove.
  public var remoteIdentity: IKEIdentity
  /// How the two ends prove their identities.
  public var authentication: IKEAuthentication
  /// The key that is mixed into the keys of the IKE SA, besides; nil for none.
  public var postQuantumPresharedKey: PostQuantumPresharedKey?
  /// Whether this end sets the tunnel up, and keeps trying for ever; otherwise it waits for the peer.
  public var initiates: Bool
  /// What is acceptable for the IKE SA, in order of preference.
  public var ikeProposals: [IKEProposal]
  /// What is acceptable for Child SAs, in order of preference.
  public var childProposals: [ESPProposal]
  /// Traffic of ours that may enter the tunnel.
  public var localSelectors: [TrafficSelector]
  /// Traffic of the peer that may come out of the tunnel.
  public var remoteSelectors: [TrafficSelector]
  /// Age at which the IKE SA ends; it is replaced when 85 to 95 % of that have passed.
  public var ikeLifetime: Duration
  /// Age at which a Child SA ends; it is replaced when 85 to 95 % of that have passed.
  public var childLifetime: Duration
  /// Bytes after which the ESP role asks for a rekey; nil for no limit but the cipher's own.
  public var childLifetimeBytes: UInt64?
  /// A peer that has been silent for this long is asked whether it is alive (RFC 7296 section 2.4); zero for never.
  public var deadPeerInterval: Duration
  /// Whether ESP always travels in UDP, also where there is no NAT; otherwise UDP is used only behind a NAT.
  public var forceEncapsulation: Bool
  /// Width of the ESP replay window in packets, handed through to the ESP role.
  public var replayWindow: Int
  /// Where the peer can reach us besides, if it can move (RFC 4555 section 3.4).
  public var additionalAddresses: [IPAddress]
  /// Where a peer that calls us is sent instead, if it knows how to go (RFC 5685); nil where it is to stay.
  public var redirect: IPAddress?

  /// A connection; every field is given but those that most have no use for.
  public init(
    name: String, localUplink: String, localAddress: IPAddress?, remoteAddress: IPAddress?,
    localIdentity: IKEIdentity, remoteIdentity: IKEIdentity, authentication: IKEAuthentication,
    postQuantumPresharedKey: PostQuantumPresharedKey? = nil, initiates: Bool,
    ikeProposals: [IKEProposal], childProposals: [ESPProposal],
    localSelectors: [TrafficSelector], remoteSelectors: [TrafficSelector],
    ikeLifetime: Duration, childLifetime: Duration, childLifetimeBytes: UInt64?, deadPeerInterval: Duration,
    forceEncapsulation: Bool, replayWindow: Int, additionalAddresses: [IPAddress] = [], redirect: IPAddress? = nil
  ) {
    self.name = name
    self.localUplink = localUplink
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
    self.localIdentity = localIdentity
    self.remoteIdentity = remoteIdentity
    self.authentication = authentication
    self.postQuantumPresharedKey = postQuantumPresharedKey
    self.initiates = initiates
    self.ikeProposals = ikeProposals
    self.childProposals = childProposals
    self.localSelectors = localSelectors
    self.remoteSelectors = remoteSelectors
    self.ikeLifetime = ikeLifetime
    self.childLifetime = childLifetime
    self.childLifetimeBytes = childLifetimeBytes
    self.deadPeerInterval = deadPeerInterval
    self.forceEncapsulation = forceEncapsulation
    self.replayWindow = replayWindow
    self.additionalAddresses = additionalAddresses
    self.redirect = redirect
  }
}
