import WireFormat

/// How a site learns routes over its tunnels.
public struct RoutingConfiguration: Codable, Equatable, Sendable {
  /// The routing protocol of the overlay.
  public enum RoutingProtocol: Codable, Equatable, Sendable {
    /// Routes from the topology alone: each tunnel's `peerPrefixes`, by the tunnel's cost.
    case `static`
    /// OSPF version 2; the area is that of the site's own networks, in plain decimal.
    case ospf(area: String)
    /// Internal BGP in one autonomous system (RFC 4271): transit sites reflect routes (RFC 4456).
    case bgp(autonomousSystem: Int)
    /// EIGRP in one autonomous system, over numbered tunnels.
    case eigrp(autonomousSystem: Int)
  }

  /// Bidirectional Forwarding Detection on every tunnel (RFC 5880).
  public struct BFD: Codable, Equatable, Sendable {
    /// Milliseconds between control packets.
    public var intervalMilliseconds: Int
    /// Packets missed until the tunnel counts as dead.
    public var multiplier: Int

    /// BFD timers.
    public init(intervalMilliseconds: Int, multiplier: Int) {
      self.intervalMilliseconds = intervalMilliseconds
      self.multiplier = multiplier
    }
  }

  /// The routing protocol.
  public var routingProtocol: RoutingProtocol
  /// The router id, an IPv4 address in dotted form.
  public var routerID: IPAddress
  /// BFD, where it is used.
  public var bfd: BFD?
  /// Whether other sites' traffic may cross this one: a hub, or any site where there are none.
  public var isTransit: Bool
  /// The networks that the site announces: its LANs and loopbacks.
  public var announced: [IPPrefix]
  /// Every network of the whole overlay other than the site's own: a blackhole stands under each, so that traffic for a
  /// tunnel never leaves in clear text (DESIGN.md section 5, invariant 2).
  public var protected: [IPPrefix]
  /// The OSPF areas of the site's own networks and tunnels that are stubs or have summaries.
  public var areas: [OSPFArea]

  /// Puts a routing configuration together.
  public init(
    routingProtocol: RoutingProtocol, routerID: IPAddress, bfd: BFD?, isTransit: Bool = true, announced: [IPPrefix],
    protected: [IPPrefix], areas: [OSPFArea] = []
  ) {
    self.routingProtocol = routingProtocol
    self.routerID = routerID
    self.bfd = bfd
    self.isTransit = isTransit
    self.announced = announced
    self.protected = protected
    self.areas = areas
  }
}

/// An OSPF area that is more than a number.
public struct OSPFArea: Codable, Equatable, Sendable {
  /// The area, in plain decimal.
  public var area: String
  /// Whether no external routes enter it (RFC 2328 section 3.6): those to third parties' networks.
  public var isStub: Bool
  /// What other areas hear of in place of the networks in it (RFC 2328 section 3.5: address ranges).
  public var summaries: [IPPrefix]

  /// An area.
  public init(area: String, isStub: Bool, summaries: [IPPrefix]) {
    self.area = area
    self.isStub = isStub
    self.summaries = summaries
  }
}

extension SiteConfiguration {
  /// The networks whose packets leave by a tunnel or not at all: those of other sites, and the summaries that this site's
  /// are announced in, of which a part may be nobody's.
  public var blackholes: [IPPrefix] {
    let summaries = routing.areas.flatMap(\.summaries) + tunnels.flatMap { $0.bgp?.summaries ?? [] }
    return routing.protected + Set(summaries).subtracting(routing.protected).sorted()
  }
}
