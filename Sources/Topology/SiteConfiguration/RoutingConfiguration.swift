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

  /// Puts a routing configuration together.
  public init(
    routingProtocol: RoutingProtocol, routerID: IPAddress, bfd: BFD?, isTransit: Bool = true, announced: [IPPrefix],
    protected: [IPPrefix]
  ) {
    self.routingProtocol = routingProtocol
    self.routerID = routerID
    self.bfd = bfd
    self.isTransit = isTransit
    self.announced = announced
    self.protected = protected
  }
}
