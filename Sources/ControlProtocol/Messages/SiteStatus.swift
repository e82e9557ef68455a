import Foundation
import Topology
import WireFormat

/// The stages that a tunnel passes on its way up, in order.
public enum Stage: String, Codable, CaseIterable, Comparable, Sendable {
  /// The agent has the configuration.
  case configuration
  /// The peer answers IKE at all.
  case reachability
  /// Phase 1 is up: the peer has proved its identity.
  case ikeSA
  /// Phase 2 is up: keys are installed.
  case childSA
  /// The VTI is up and addressed.
  case interface
  /// The routing protocol has its neighbour and routes, or static routes are in.
  case routing
  /// Every network that should be reached through the site's tunnels has a route into one.
  case endToEnd

  /// What an engineer calls the stage.
  public var title: String {
    switch self {
    case .configuration: "configuration"
    case .reachability: "reachability"
    case .ikeSA: "Phase 1 (IKE SA)"
    case .childSA: "Phase 2 (Child SA)"
    case .interface: "tunnel interface"
    case .routing: "routing"
    case .endToEnd: "end to end"
    }
  }

  /// Earlier stages come first.
  public static func < (left: Stage, right: Stage) -> Bool { left.rank < right.rank }
  private var rank: Int { Stage.allCases.firstIndex(of: self) ?? 0 }
}

/// Why a tunnel or site is not where it should be, in words an engineer uses.
public struct Fault: Codable, Equatable, Sendable {
  /// The stage that is not reached.
  public var stage: Stage
  /// The likely cause: `no proposal chosen: peer offers …, we accept …`.
  public var cause: String
  /// When it was last seen.
  public var at: Date

  /// A fault.
  public init(stage: Stage, cause: String, at: Date) {
    self.stage = stage
    self.cause = cause
    self.at = at
  }
}

/// One tunnel as its gateway observes it.
public struct TunnelStatus: Codable, Equatable, Sendable {
  /// The IKE SA, while there is one.
  public struct IKESAStatus: Codable, Equatable, Sendable {
    /// Both SPIs in hexadecimal, the initiator's first.
    public var initiatorSPI, responderSPI: String
    /// `AES_GCM_16_256/PRF_HMAC_SHA2_384/ECP_384`.
    public var suite: String
    /// When Phase 1 came up.
    public var establishedAt: Date
    /// Whether a NAT stands before this end, or before the peer.
    public var localNAT, remoteNAT: Bool
    /// How the peer has proved who it is: `pre-shared key`, or the certificate and the algorithm of its signature.
    public var authentication: String?

    /// An IKE SA.
    public init(
      initiatorSPI: String, responderSPI: String, suite: String, establishedAt: Date, localNAT: Bool, remoteNAT: Bool,
      authentication: String? = nil
    ) {
      self.initiatorSPI = initiatorSPI
      self.responderSPI = responderSPI
      self.suite = suite
      self.establishedAt = establishedAt
      self.localNAT = localNAT
      self.remoteNAT = remoteNAT
      self.authentication = authentication
    }
  }

  /// The Child SA that carries the traffic, while there is one.
  public struct ChildSAStatus: Codable, Equatable, Sendable {
    /// Both SPIs in hexadecimal.
    public var inboundSPI, outboundSPI: String
    /// `AES_GCM_16_256/ESN`.
    public var suite: String
    /// `udp` or `esp`.
    public var encapsulation: Encapsulation
    /// When its keys were installed.
    public var establishedAt: Date

    /// A Child SA.
    public init(
      inboundSPI: String, outboundSPI: String, suite: String, encapsulation: Encapsulation, establishedAt: Date
    ) {
      self.inboundSPI = inboundSPI
      self.outboundSPI = outboundSPI
      self.suite = suite
      self.encapsulation = encapsulation
      self.establishedAt = establishedAt
    }
  }

  /// What went through the tunnel since its interface exists.
  public struct Counters: Codable, Equatable, Sendable {
    /// Inner packets and bytes received and delivered.
    public var packetsIn, bytesIn: UInt64
    /// Inner packets and bytes sent.
    public var packetsOut, bytesOut: UInt64
    /// Packets that were sent twice, by this tunnel and another one, and second copies received, which nobody needs.
    public var packetsDuplicated, packetsEliminated: UInt64
    /// What came in and went out in the last second.
    public var inbound, outbound: TrafficRate
    /// Packets dropped, by reason: `replayed`, `notAuthentic`, `selectorMismatch`, `noOutboundSA`, ….
    public var drops: [String: UInt64]

    /// Counters.
    public init(
      packetsIn: UInt64 = 0, bytesIn: UInt64 = 0, packetsOut: UInt64 = 0, bytesOut: UInt64 = 0,
      packetsDuplicated: UInt64 = 0, packetsEliminated: UInt64 = 0, inbound: TrafficRate = .zero,
      outbound: TrafficRate = .zero, drops: [String: UInt64] = [:]
    ) {
      self.packetsIn = packetsIn
      self.bytesIn = bytesIn
      self.packetsOut = packetsOut
      self.bytesOut = bytesOut
      self.packetsDuplicated = packetsDuplicated
      self.packetsEliminated = packetsEliminated
      self.inbound = inbound
      self.outbound = outbound
      self.drops = drops
    }
  }

  /// The way of the tunnel's packets to the peer, as far as it is known.
  public struct PathStatus: Codable, Equatable, Sendable {
    /// The largest outer packet that passes, in bytes.
    public var mtu: Int
    /// What the last tests tell; nil for peers of another make, which answer none.
    public var measurement: PathMeasurement?
    /// Whose code seals the packets: `openssl` or `ipsec-mb`.
    public var cipherImplementation: String

    /// A path.
    public init(mtu: Int, measurement: PathMeasurement?, cipherImplementation: String) {
      self.mtu = mtu
      self.measurement = measurement
      self.cipherImplementation = cipherImplementation
    }
  }

  /// The tunnel's name, the same at both ends.
  public var name: String
  /// The VTI.
  public var interface: String
  /// The site at the other end.
  public var peerSite: String
  /// This site's uplink.
  public var uplink: String
  /// How much of the flows it takes beside others by which traffic leaves for the site.
  public var weight: Int
  /// The outer addresses and ports in use, as far as known.
  public var localEndpoint, remoteEndpoint: Endpoint?
  /// The last stage reached.
  public var reached: Stage
  /// Why the next stage is not reached, if it is not.
  public var fault: Fault?
  /// Phase 1.
  public var ikeSA: IKESAStatus?
  /// Phase 2.
  public var childSA: ChildSAStatus?
  /// Traffic.
  public var counters: Counters
  /// The way of the packets; nil before the first Child SA.
  public var path: PathStatus?

  /// A tunnel's status.
  public init(
    name: String, interface: String, peerSite: String, uplink: String, weight: Int = 1, localEndpoint: Endpoint?,
    remoteEndpoint: Endpoint?, reached: Stage, fault: Fault?, ikeSA: IKESAStatus?, childSA: ChildSAStatus?,
    counters: Counters, path: PathStatus? = nil
  ) {
    self.name = name
    self.interface = interface
    self.peerSite = peerSite
    self.uplink = uplink
    self.weight = weight
    self.localEndpoint = localEndpoint
    self.remoteEndpoint = remoteEndpoint
    self.reached = reached
    self.fault = fault
    self.ikeSA = ikeSA
    self.childSA = childSA
    self.counters = counters
    self.path = path
  }
}

/// How much passes in a second.
public struct TrafficRate: Codable, Equatable, Sendable {
  /// Packets.
  public var packetsPerSecond: UInt64
  /// Bits of inner packets.
  public var bitsPerSecond: UInt64

  /// Nothing.
  public static let zero = TrafficRate(packetsPerSecond: 0, bitsPerSecond: 0)

  /// A rate.
  public init(packetsPerSecond: UInt64, bitsPerSecond: UInt64) {
    self.packetsPerSecond = packetsPerSecond
    self.bitsPerSecond = bitsPerSecond
  }
}

/// What the last hundred tests of a path tell (RFC 8762).
public struct PathMeasurement: Codable, Equatable, Sendable {
  /// Tests that were answered or have had their time, and those of them that were not answered.
  public var tests, lost: Int
  /// The mean and the shortest round trip, without the time at the peer.
  public var meanRoundTripMicroseconds, shortestRoundTripMicroseconds: Int
  /// The mean difference between one round trip and the next.
  public var jitterMicroseconds: Int

  /// A measurement.
  public init(
    tests: Int, lost: Int, meanRoundTripMicroseconds: Int, shortestRoundTripMicroseconds: Int, jitterMicroseconds: Int
  ) {
    self.tests = tests
    self.lost = lost
    self.meanRoundTripMicroseconds = meanRoundTripMicroseconds
    self.shortestRoundTripMicroseconds = shortestRoundTripMicroseconds
    self.jitterMicroseconds = jitterMicroseconds
  }
}

/// An uplink as its gateway observes it.
public struct UplinkStatus: Codable, Equatable, Sendable {
  /// The line's name.
  public var name: String
  /// Its interface.
  public var interface: String
  /// Whether the link has a carrier and an address.
  public var isUp: Bool
  /// Its address now, fixed or leased.
  public var address: InterfaceAddress?
  /// The ISP's router.
  public var gateway: IPAddress?

  /// An uplink's status.
  public init(name: String, interface: String, isUp: Bool, address: InterfaceAddress?, gateway: IPAddress?) {
    self.name = name
    self.interface = interface
    self.isUp = isUp
    self.address = address
    self.gateway = gateway
  }
}

/// What a site reports: the revision it runs and everything it observes.
public struct SiteStatus: Codable, Equatable, Sendable {
  /// The site.
  public var site: String
  /// The revision that the agent has reconciled; 0 before the first.
  public var revision: Int
  /// The agent's version.
  public var agentVersion: String
  /// When the report was made.
  public var at: Date
  /// Its ISP lines.
  public var uplinks: [UplinkStatus]
  /// Its tunnels.
  public var tunnels: [TunnelStatus]
  /// Networks of the overlay that have a route into a tunnel.
  public var reachablePrefixes: [IPPrefix]
  /// Networks of the overlay that should have a route and have none.
  public var missingPrefixes: [IPPrefix]
  /// Packets that came in and belong to no tunnel, dropped since the start, by reason: `unknownSPI`, `truncated`, ….
  public var drops: [String: UInt64]
  /// What concerns the whole site: a routing daemon that does not start, a configuration that was refused.
  public var faults: [Fault]
  /// The names of the tunnels by which traffic leaves for other sites, by site.
  public var activeTunnels: [String: [String]]
  /// The same of classes of traffic that leave by other tunnels than the rest, by site and class.
  public var classTunnels: [String: [String: [String]]]
  /// When traffic last moved from one tunnel to another, oldest first; not more than the last twenty times.
  public var switches: [TunnelSwitch]

  /// A site's status.
  public init(
    site: String, revision: Int, agentVersion: String, at: Date, uplinks: [UplinkStatus], tunnels: [TunnelStatus],
    reachablePrefixes: [IPPrefix], missingPrefixes: [IPPrefix], drops: [String: UInt64] = [:],
    faults: [Fault], activeTunnels: [String: [String]] = [:], classTunnels: [String: [String: [String]]] = [:],
    switches: [TunnelSwitch] = []
  ) {
    self.site = site
    self.revision = revision
    self.agentVersion = agentVersion
    self.at = at
    self.uplinks = uplinks
    self.tunnels = tunnels
    self.reachablePrefixes = reachablePrefixes
    self.missingPrefixes = missingPrefixes
    self.drops = drops
    self.faults = faults
    self.activeTunnels = activeTunnels
    self.classTunnels = classTunnels
    self.switches = switches
  }
}
