import WireFormat

/// A whole network as its operator wrote it: a topology file that has passed every check, with all defaults filled in.
public struct TopologyDocument: Equatable, Sendable {
  /// `metadata.name`: a DNS label; part of every gateway's identity.
  public var name: String
  /// The sites, ordered by name.
  public var sites: [Site]
  /// The pairs of sites that tunnels connect, ordered by pair.
  public var links: [Link]
  /// How the tunnels' interfaces are addressed.
  public var tunnelAddressing: TunnelAddressing
  /// Tunnels between spokes that come up on demand; nil for none.
  public var shortcuts: ShortcutSetting?
  /// Milliseconds between measurements of each tunnel; 0 for none.
  public var measurementMilliseconds = 1000
  /// Which tunnels are tested for whether they carry packets.
  public var liveness = LivenessSetting.automatic
  /// What a tunnel must be like to carry traffic while another one to the same site is; nil for nothing.
  public var serviceLevel: ServiceLevelLimits?
  /// Traffic that has a share of every line with a rate, the most urgent first.
  public var classes: [TrafficClass] = []
  /// How routes are learned over the tunnels.
  public var routing: OverlayRouting

  /// How tunnel interfaces get their addresses.
  public enum TunnelAddressing: Equatable, Sendable {
    /// Each borrows its site's loopback addresses.
    case unnumbered
    /// Each tunnel gets a /30 (IPv4) or /126 (IPv6) of the pool.
    case numbered(pool: IPPrefix)
  }

  /// The overlay's routing protocol, the same at all sites.
  public struct OverlayRouting: Equatable, Sendable {
    /// The protocol and its area or autonomous system.
    public var routingProtocol: RoutingConfiguration.RoutingProtocol
    /// BFD on every tunnel, where it is used.
    public var bfd: RoutingConfiguration.BFD?
    /// Whether OSPF's packets are authenticated.
    public var isAuthenticated = false
    /// The OSPF areas that are stubs or have summaries, ordered by area.
    public var areas: [OSPFArea] = []
  }

  /// The names of the sites that other sites' traffic may cross: the hubs, or all of ours where there are none.
  public var transitSites: Set<String> {
    let hubs = sites.filter { $0.role == .hub }
    return Set((hubs.isEmpty ? sites.filter(\.isManaged) : hubs).map(\.name))
  }

  /// The site of that name.
  public func site(named name: String) -> Site? { sites.first { $0.name == name } }
}

/// Tunnels between two spokes that are there while the networks of both exchange traffic.
public struct ShortcutSetting: Equatable, Sendable {
  /// Seconds without a packet between the two after which the tunnels go.
  public var idleSeconds: Int
  /// Phase 1.
  public var ike: IKEProfile
  /// Phase 2.
  public var ipsec: IPsecProfile
  /// How ESP travels.
  public var encapsulation: Encapsulation
  /// How the two ends prove who they are; a key is always made by the controller.
  public var authentication: LinkAuthentication
}

/// Which tunnels are tested for whether they carry packets.
public enum LivenessSetting: Equatable, Sendable {
  /// Those whose traffic has another tunnel to go by at both ends, as in `LivenessTimers.standard`.
  case automatic
  /// All between gateways of ours.
  case everywhere(LivenessTimers)
  /// None.
  case off
}

/// A place with a gateway.
public struct Site: Equatable, Sendable {
  /// A site's place in a hub-and-spoke overlay.
  public enum Role: String, CaseIterable, Sendable {
    /// Spokes connect to it.
    case hub
    /// Connects to every hub.
    case spoke
  }

  /// The site's name: a DNS label.
  public var name: String
  /// Hub or spoke. Where there are hubs, only they carry the traffic of others.
  public var role: Role
  /// Whether other sites' traffic goes by another hub than this one, where it can.
  public var isDrained = false
  /// Whether Fabric runs there, or it is a third party's gateway.
  public var isManaged: Bool
  /// The identity that a third party's gateway proves; nil for the default.
  public var identity: String?
  /// The certificates, in DER, of the authorities that a third party's gateway is certified by.
  public var authorities: [[UInt8]]
  /// Addresses of the gateway itself that do not depend on any line.
  public var loopbacks: [IPAddress]
  /// The networks behind the gateway.
  public var lans: [LAN]
  /// The ISP lines. The gateway of a fixed third-party line is the line's own address where the file does not say.
  public var uplinks: [Uplink]

  /// The site's OSPF area; nil for the overlay's.
  public var area: String?

  /// The LANs' networks.
  public var lanPrefixes: [IPPrefix] { lans.flatMap(\.addresses).map(\.prefix) }

  /// Everything that the site brings into the overlay: its LANs and loopbacks, in order and without repetition.
  public var networks: [IPPrefix] {
    Set(lanPrefixes + loopbacks.map(IPPrefix.init(host:))).sorted()
  }
}

/// Two sites, in alphabetical order.
public struct SitePair: Hashable, Comparable, Codable, Sendable {
  /// The alphabetically first site.
  public let first: String
  /// The other one.
  public let second: String

  /// The pair of two sites, given in either order.
  public init(_ one: String, _ other: String) {
    first = min(one, other)
    second = max(one, other)
  }

  /// Orders by the first site, then by the second.
  public static func < (left: SitePair, right: SitePair) -> Bool {
    (left.first, left.second) < (right.first, right.second)
  }
}

/// Two sites that are connected, and how.
public struct Link: Equatable, Sendable {
  /// The two sites.
  public var sites: SitePair
  /// Phase 1: what both ends accept, in the first site's order of preference.
  public var ike: IKEProfile
  /// Phase 2: what both ends accept.
  public var ipsec: IPsecProfile
  /// How ESP travels.
  public var encapsulation: Encapsulation
  /// Which traffic the Child SA is negotiated for.
  public var selectors: LinkSelectors
  /// How the two ends prove who they are.
  public var authentication: LinkAuthentication
  /// BGP with the third party's gateway at one end.
  public var bgp: BGPPeering?
  /// The post-quantum preshared key, where the file gives one; else the controller generates it, if `ike` wants one.
  public var postQuantumKey: PostQuantumKey?
}

/// Which traffic a link's Child SA is negotiated for (RFC 7296 section 2.9).
public enum LinkSelectors: String, CaseIterable, Sendable {
  /// Whatever routes lead into the tunnel; the peer may narrow it.
  case any
  /// The LANs of the two sites and no others, for a policy-based peer that takes no more than its own policy says.
  case lans
}

/// How the two ends of a link prove who they are.
public enum LinkAuthentication: Equatable, Sendable {
  /// By a key: the one that the file gives, or else one that the controller generates.
  case presharedKey(PresharedKey?)
  /// By certificates.
  case certificate
}

/// The names of the ways in which gateways prove who they are.
enum AuthenticationName: String, CaseIterable { case psk, certificate }
