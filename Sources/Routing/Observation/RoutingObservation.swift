import WireFormat

/// What a gateway's routing daemons see.
public struct RoutingObservation: Codable, Equatable, Sendable {
  /// The neighbours of OSPF, BGP or EIGRP.
  public var neighbours: [RoutingNeighbour]
  /// The BFD sessions.
  public var bfdPeers: [BFDPeer]
  /// The routes that zebra knows, of all protocols.
  public var routes: [ObservedRoute]

  /// An observation.
  public init(neighbours: [RoutingNeighbour] = [], bfdPeers: [BFDPeer] = [], routes: [ObservedRoute] = []) {
    self.neighbours = neighbours
    self.bfdPeers = bfdPeers
    self.routes = routes
  }

  /// Whether routes can be learned from a neighbour behind `interface`.
  public func hasNeighbour(on interface: String) -> Bool {
    neighbours.contains { $0.interface == interface && $0.isAdjacent }
  }
}

/// A neighbour of OSPF, BGP or EIGRP.
public struct RoutingNeighbour: Codable, Equatable, Sendable {
  /// The interface that it is behind.
  public var interface: String
  /// Its address there; nil where it is not known yet, as with BGP over unnumbered tunnels.
  public var address: IPAddress?
  /// What the daemon calls its state: `Full/-`; EIGRP lists only neighbours that are up.
  public var state: String
  /// Whether routes are exchanged.
  public var isAdjacent: Bool

  /// A neighbour.
  public init(interface: String, address: IPAddress?, state: String, isAdjacent: Bool) {
    self.interface = interface
    self.address = address
    self.state = state
    self.isAdjacent = isAdjacent
  }
}

/// A BFD session.
public struct BFDPeer: Codable, Equatable, Sendable {
  /// The interface that it runs over; nil for a multihop session.
  public var interface: String?
  /// The peer's address.
  public var address: IPAddress
  /// Whether both ends hear each other.
  public var isUp: Bool
  /// Why it last went down, in RFC 5880's words, as bfdd gives it; `ok` if it never did.
  public var diagnostic: String

  /// A session.
  public init(interface: String?, address: IPAddress, isUp: Bool, diagnostic: String) {
    self.interface = interface
    self.address = address
    self.isUp = isUp
    self.diagnostic = diagnostic
  }
}

/// A route as zebra knows it.
public struct ObservedRoute: Codable, Equatable, Sendable {
  /// Where it leads.
  public var destination: IPPrefix
  /// What it was learned from: `connected`, `kernel`, `static`, `ospf`, `bgp`, `eigrp`.
  public var source: String
  /// The interfaces of its next hops that are in use; empty for a blackhole.
  public var interfaces: [String]
  /// Whether it is the one that packets follow.
  public var isInstalled: Bool
  /// The administrative distance and the protocol's own metric.
  public var distance, metric: Int

  /// A route.
  public init(
    destination: IPPrefix, source: String, interfaces: [String], isInstalled: Bool, distance: Int, metric: Int
  ) {
    self.destination = destination
    self.source = source
    self.interfaces = interfaces
    self.isInstalled = isInstalled
    self.distance = distance
    self.metric = metric
  }
}
