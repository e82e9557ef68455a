import WireFormat

/// What one gateway is told: its own part of a topology revision, with its own secrets and no other site's.
///
/// The controller compiles it, the agent verifies, saves and reconciles it. It is self-contained: a gateway that is cut
/// off from its controller runs on its last one (DESIGN.md section 5, invariant 8).
public struct SiteConfiguration: Codable, Equatable, Sendable {
  /// The revision of the topology that this was compiled from, counting from 1.
  public var revision: Int
  /// The topology's `metadata.name`.
  public var topology: String
  /// The site that this is for.
  public var site: String
  /// The address that unnumbered tunnels borrow, and the router id.
  public var loopbacks: [IPAddress]
  /// The site's own networks.
  public var lans: [LAN]
  /// The site's ISP lines.
  public var uplinks: [Uplink]
  /// One entry a tunnel: an uplink of this site towards an uplink of another.
  public var tunnels: [Tunnel]
  /// How routes are learned over the tunnels.
  public var routing: RoutingConfiguration
  /// Milliseconds between measurements of each tunnel's path (RFC 8762); 0 for none.
  public var measurementMilliseconds: Int
  /// The sites towards which there may be a shortcut.
  public var shortcutPeers: [ShortcutPeer]
  /// Traffic that has a share of every line with a rate, the most urgent first.
  public var classes: [TrafficClass]

  /// Puts a configuration together.
  public init(
    revision: Int, topology: String, site: String, loopbacks: [IPAddress], lans: [LAN], uplinks: [Uplink],
    tunnels: [Tunnel], routing: RoutingConfiguration, measurementMilliseconds: Int = 1000,
    shortcutPeers: [ShortcutPeer] = [], classes: [TrafficClass] = []
  ) {
    self.revision = revision
    self.topology = topology
    self.site = site
    self.loopbacks = loopbacks
    self.lans = lans
    self.uplinks = uplinks
    self.tunnels = tunnels
    self.routing = routing
    self.measurementMilliseconds = measurementMilliseconds
    self.shortcutPeers = shortcutPeers
    self.classes = classes
  }
}

/// A site towards which there may be a shortcut.
public struct ShortcutPeer: Codable, Equatable, Sendable {
  /// The site.
  public var site: String
  /// The networks behind it.
  public var networks: [IPPrefix]

  /// A site with its networks.
  public init(site: String, networks: [IPPrefix]) {
    self.site = site
    self.networks = networks
  }
}

/// A network behind a gateway.
public struct LAN: Codable, Equatable, Sendable {
  /// The gateway's interface into it.
  public var interface: String
  /// The gateway's own addresses there, with their prefix lengths.
  public var addresses: [InterfaceAddress]

  /// A LAN on `interface`.
  public init(interface: String, addresses: [InterfaceAddress]) {
    self.interface = interface
    self.addresses = addresses
  }
}

/// An ISP line of a gateway.
public struct Uplink: Codable, Equatable, Sendable {
  /// How the line gets its address.
  public enum Addressing: Codable, Equatable, Sendable {
    /// A fixed address and the ISP's router.
    case fixed(InterfaceAddress, gateway: IPAddress)
    /// Whatever the ISP's DHCP server leases.
    case dhcp
  }

  /// The name that the topology gives the line.
  public var name: String
  /// The gateway's interface.
  public var interface: String
  /// How the line gets its address.
  public var addressing: Addressing
  /// Whether the ISP translates addresses, so that only this end can open a conversation.
  public var behindNAT: Bool
  /// 1 is preferred over 2: it becomes the cost of the tunnels on the line.
  public var priority: Int
  /// How much of the flows the line takes beside other lines of the same priority.
  public var weight: Int
  /// The largest packet that the line carries, in bytes.
  public var mtu: Int
  /// What the ISP takes from us, in kbit/s of IP packets; nil where it is not known.
  public var rateKilobits: Int?

  /// An ISP line.
  public init(
    name: String, interface: String, addressing: Addressing, behindNAT: Bool, priority: Int, weight: Int = 1,
    mtu: Int = 1500, rateKilobits: Int? = nil
  ) {
    self.name = name
    self.interface = interface
    self.addressing = addressing
    self.behindNAT = behindNAT
    self.priority = priority
    self.weight = weight
    self.mtu = mtu
    self.rateKilobits = rateKilobits
  }
}

/// One IPsec tunnel as its gateway sees it: one IKE SA, its Child SA and the VTI that the traffic is routed into.
public struct Tunnel: Codable, Equatable, Sendable {
  /// How the tunnel's interface is addressed.
  public enum Addressing: Codable, Equatable, Sendable {
    /// The interface borrows the site's loopback addresses.
    case unnumbered
    /// The interface has an address of its own; the peer has the other one of the same small network.
    case numbered(local: InterfaceAddress, peer: IPAddress)
  }

  /// What the Child SA is negotiated for (RFC 7296 section 2.9).
  public enum Selectors: Codable, Equatable, Sendable {
    /// Everything.
    case any
    /// Traffic between these networks.
    case networks(local: [IPPrefix], remote: [IPPrefix])
  }

  /// The tunnel's name, the same at both ends: `SITE.UPLINK--SITE.UPLINK`, the ends in alphabetical order.
  public var name: String
  /// The VTI's device name, stable across revisions, at most 15 characters: `vti7`.
  public var interface: String
  /// The site at the other end.
  public var peerSite: String
  /// The addresses of the peer's loopback, reached through this tunnel.
  public var peerLoopbacks: [IPAddress]
  /// The networks behind the peer: what static routing sends into the tunnel.
  public var peerPrefixes: [IPPrefix]
  /// Whether the peer runs Fabric, or is a third party's gateway.
  public var peerIsManaged: Bool
  /// Whether the peer may announce other sites' networks; from any other peer only `peerPrefixes` are taken.
  public var peerIsTransit: Bool
  /// How the VTI is addressed.
  public var addressing: Addressing
  /// BGP with a third party's gateway; nil where it gets static routes, and with our own.
  public var bgp: BGPPeering?
  /// The tunnel's OSPF area; nil with other protocols.
  public var ospfArea: String?
  /// The key by which the two ends authenticate OSPF's packets, where they do.
  public var ospfKey: PresharedKey?
  /// The name of this site's uplink that carries the tunnel.
  public var uplink: String
  /// The peer's outer address; nil where it is leased or behind NAT, so that the peer must open the conversation.
  public var remoteAddress: IPAddress?
  /// Whether this end opens the conversation.
  public var initiates: Bool
  /// The identity that this end proves: an FQDN or address as in the topology (RFC 7296 section 3.5).
  public var localIdentity: String
  /// The identity that the peer must prove.
  public var remoteIdentity: String
  /// How the two ends prove who they are.
  public var authentication: TunnelAuthentication
  /// The pair's post-quantum preshared key, where Phase 1 uses one.
  public var postQuantumKey: PostQuantumKey?
  /// Phase 1.
  public var ike: IKEProfile
  /// Phase 2.
  public var ipsec: IPsecProfile
  /// How ESP travels.
  public var encapsulation: Encapsulation
  /// The routing cost of the tunnel, from the priorities of the uplinks at both ends.
  public var cost: Int
  /// How much of the flows the tunnel takes beside others of the same cost to the same site, from the weights of the uplinks
  /// at both ends.
  public var weight: Int
  /// How the tunnel is tested for whether it carries packets; nil for not at all.
  public var liveness: LivenessTimers?
  /// What the tunnel must be like to carry traffic while another one to the same site is; nil for nothing.
  public var serviceLevel: ServiceLevelLimits?
  /// What the Child SA is negotiated for.
  public var selectors: Selectors
  /// The gateway that a third party which calls us is asked to turn to instead (RFC 5685); nil where it is welcome.
  public var redirect: IPAddress?

  /// Puts a tunnel together.
  public init(
    name: String, interface: String, peerSite: String, peerLoopbacks: [IPAddress], peerPrefixes: [IPPrefix],
    peerIsManaged: Bool, peerIsTransit: Bool = true, addressing: Addressing, bgp: BGPPeering? = nil,
    ospfArea: String? = nil, ospfKey: PresharedKey? = nil, uplink: String, remoteAddress: IPAddress?,
    initiates: Bool,
    localIdentity: String, remoteIdentity: String, authentication: TunnelAuthentication,
    postQuantumKey: PostQuantumKey? = nil, ike: IKEProfile, ipsec: IPsecProfile, encapsulation: Encapsulation,
    cost: Int, weight: Int = 1,
    liveness: LivenessTimers? = nil, serviceLevel: ServiceLevelLimits? = nil, selectors: Selectors = .any,
    redirect: IPAddress? = nil
  ) {
    self.name = name
    self.interface = interface
    self.peerSite = peerSite
    self.peerLoopbacks = peerLoopbacks
    self.peerPrefixes = peerPrefixes
    self.peerIsManaged = peerIsManaged
    self.peerIsTransit = peerIsTransit
    self.addressing = addressing
    self.bgp = bgp
    self.ospfArea = ospfArea
    self.ospfKey = ospfKey
    self.uplink = uplink
    self.remoteAddress = remoteAddress
    self.initiates = initiates
    self.localIdentity = localIdentity
    self.remoteIdentity = remoteIdentity
    self.authentication = authentication
    self.postQuantumKey = postQuantumKey
    self.ike = ike
    self.ipsec = ipsec
    self.encapsulation = encapsulation
    self.cost = cost
    self.weight = weight
    self.liveness = liveness
    self.selectors = selectors
    self.serviceLevel = serviceLevel
    self.redirect = redirect
  }
}

/// What a tunnel must be like to carry traffic while there is another one.
public struct ServiceLevelLimits: Codable, Equatable, Sendable {
  /// The largest loss in per cent; nil for any.
  public var lossPercent: Double?
  /// The longest mean round trip in milliseconds; nil for any.
  public var latencyMilliseconds: Int?
  /// The largest mean difference between round trips in milliseconds; nil for any.
  public var jitterMilliseconds: Int?
  /// Seconds for which a tunnel must have been good again before it is taken back.
  public var holdSeconds: Int

  /// The limits of a tunnel.
  public init(lossPercent: Double?, latencyMilliseconds: Int?, jitterMilliseconds: Int?, holdSeconds: Int) {
    self.lossPercent = lossPercent
    self.latencyMilliseconds = latencyMilliseconds
    self.jitterMilliseconds = jitterMilliseconds
    self.holdSeconds = holdSeconds
  }
}

/// Tests inside of a tunnel that tell whether it carries packets.
public struct LivenessTimers: Codable, Equatable, Sendable {
  /// Milliseconds between tests.
  public var intervalMilliseconds: Int
  /// Tests in a row without an answer until the tunnel counts as dead.
  public var multiplier: Int

  /// Where the file says nothing.
  public static let standard = LivenessTimers(intervalMilliseconds: 50, multiplier: 3)

  /// Timers of a tunnel.
  public init(intervalMilliseconds: Int, multiplier: Int) {
    self.intervalMilliseconds = intervalMilliseconds
    self.multiplier = multiplier
  }
}

extension SiteConfiguration {
  /// The identities that the site proves by certificate, in order: those of its tunnels that authenticate so.
  public var certifiedIdentities: [String] {
    let identities = tunnels.compactMap { tunnel -> String? in
      if case .certificate = tunnel.authentication { tunnel.localIdentity } else { nil }
    }
    return Set(identities).sorted()
  }
}

/// A post-quantum preshared key (RFC 8784) and what the two ends know it by.
public struct PostQuantumKey: Codable, Equatable, Sendable {
  /// PPK_ID, as text; no secret.
  public var identity: String
  /// The key itself.
  public var key: PresharedKey

  /// A key that both ends know as `identity`.
  public init(identity: String, key: PresharedKey) {
    self.identity = identity
    self.key = key
  }
}
