import ControlProtocol
import ESP
import FabricCrypto
import LinuxNetworking
import Topology
import WireFormat

/// What the supervisor tells the esp role.
public enum SupervisorToESP: Codable, Equatable, Sendable {
  /// The sockets of an uplink, in place of earlier ones of that name: alongside come the UDP socket on port 4500, then
  /// the raw socket of IP protocol 50, both bound to `address`.
  case uplink(name: String, address: IPAddress)
  /// The uplink has no address any more.
  case removeUplink(name: String)
  /// A tunnel's interface; its TUN descriptor comes alongside. Sent once for each new tunnel.
  case tunnel(name: String, TunnelSettings)
  /// The settings of a tunnel that esp has already; they may be the same as before.
  case change(name: String, TunnelSettings)
  /// The line of an uplink is gone: peers are told through the tunnels of other uplinks.
  case lineLost(uplink: String)
  /// By site, among which tunnels its flows are shared; everywhere else the system's choice stands.
  case shares([String: SiteShares])
  /// The tunnel is gone: close its TUN device and wipe its SAs.
  case removeTunnel(name: String)
  /// A channel to a new ike process comes alongside. The SAs that the previous one installed go on until the new one
  /// has replaced them or their hard lifetime is over (make before break).
  case ike
  /// Wipe everything and exit.
  case stop
}

/// Among which tunnels the flows to a site are shared, with the weights of the tunnels by their names.
public struct SiteShares: Codable, Equatable, Sendable {
  /// Of a class that leaves by other tunnels than the rest.
  public struct OfClass: Codable, Equatable, Sendable {
    /// The DSCPs of its packets.
    public var codePoints: [UInt8]
    /// Its tunnels.
    public var weights: [String: Int]
  }

  /// Of what is in no such class; empty where each packet leaves by the tunnel that the system has routed it into.
  public var weights: [String: Int]
  /// The classes that leave by tunnels of their own.
  public var classes: [OfClass]

  /// Shares of a site.
  public init(weights: [String: Int] = [:], classes: [OfClass] = []) {
    self.weights = weights
    self.classes = classes
  }
}

/// What the tests inside of a tunnel tell of it.
public enum TunnelHealth: Codable, Equatable, Sendable {
  /// It carries packets as it should.
  case good
  /// It is worse than its service level.
  case poor(cause: String)
  /// It carries nothing, and has not for so many milliseconds.
  case silent(cause: String, milliseconds: Int)

  /// Whether both say the same, whatever the figures.
  func isLike(_ other: TunnelHealth) -> Bool {
    switch (self, other) {
    case (.good, .good), (.poor, .poor), (.silent, .silent): true
    default: false
    }
  }
}

/// What the topology says of a tunnel's path.
public struct TunnelSettings: Codable, Equatable, Sendable {
  /// The MTU of the tunnel's interface in bytes.
  public var mtu: Int
  /// How often the path is measured; zero for never.
  public var measurementInterval: Duration
  /// How the path is tested for whether it carries packets; nil for not at all.
  public var liveness: LivenessTimers?
  /// What the path must be like; nil for nothing.
  public var serviceLevel: ServiceLevelLimits?
  /// What the path must be like for classes of traffic, by name of the class.
  public var classLevels: [String: ServiceLevelLimits]
  /// The site at the other end.
  public var peerSite: String
  /// The DSCPs of packets that are sent twice, by this tunnel and another one to the same site.
  public var duplicatedCodePoints: [UInt8]

  /// Settings of a tunnel.
  public init(
    mtu: Int, measurementInterval: Duration, liveness: LivenessTimers? = nil,
    serviceLevel: ServiceLevelLimits? = nil, classLevels: [String: ServiceLevelLimits] = [:],
    peerSite: String = "", duplicatedCodePoints: [UInt8] = []
  ) {
    self.mtu = mtu
    self.measurementInterval = measurementInterval
    self.liveness = liveness
    self.serviceLevel = serviceLevel
    self.classLevels = classLevels
    self.peerSite = peerSite
    self.duplicatedCodePoints = duplicatedCodePoints
  }
}

/// What the esp role tells the supervisor.
public enum ESPToSupervisor: Codable, Equatable, Sendable {
  /// The role has dropped its privileges and takes messages; to a new supervisor it says which program it
  /// runs, and has given back what it was lent.
  case ready(program: ProgramFile?)
  /// To a new supervisor: the sockets of an uplink come alongside, as with `SupervisorToESP.uplink`.
  case uplink(name: String, address: IPAddress)
  /// To a new supervisor: a tunnel's TUN descriptor comes alongside.
  case tunnel(name: String)
  /// What the tests of a tunnel tell has changed; each tunnel begins good.
  case health(tunnel: String, TunnelHealth)
  /// For which classes a tunnel is worse than they ask for, and why, has changed; each begins good for all.
  case classHealth(tunnel: String, poorFor: [String: String])
  /// The counters of the tunnels where one of them has changed, at most once a second.
  case counters([TunnelTraffic])
  /// Packets that belong to no tunnel, dropped since the start, by reason: `unknownSPI`, `truncated`, ….
  case drops([String: UInt64])
}

/// What went through a tunnel since its interface exists.
public struct TunnelTraffic: Codable, Equatable, Sendable {
  /// The tunnel.
  public var tunnel: String
  /// Inner packets received, authenticated and delivered.
  public var packetsIn: UInt64
  /// Bytes of those packets.
  public var bytesIn: UInt64
  /// Inner packets sealed and sent.
  public var packetsOut: UInt64
  /// Bytes of those packets.
  public var bytesOut: UInt64
  /// Packets that the system routed into the tunnel and that were sent twice.
  public var packetsDuplicated: UInt64
  /// Second copies received, of which nothing was needed any more.
  public var packetsEliminated: UInt64
  /// What came in and went out in the last second.
  public var inbound, outbound: TrafficRate
  /// Packets dropped, by reason: `replayed`, `notAuthentic`, `selectorMismatch`, `noOutboundSA`, ….
  public var drops: [String: UInt64]
  /// The largest outer packet that the path carries, in bytes, as far as known; nil before the first SA.
  public var pathMTU: Int?
  /// What the last tests of the path tell; nil while the peer has answered none.
  public var measurement: TunnelMeasurement.Result?
  /// Whose code seals the packets: `openssl` or `ipsec-mb`; nil without an SA.
  public var cipherImplementation: String?

  /// Counters of a tunnel.
  public init(
    tunnel: String, packetsIn: UInt64 = 0, bytesIn: UInt64 = 0, packetsOut: UInt64 = 0, bytesOut: UInt64 = 0,
    packetsDuplicated: UInt64 = 0, packetsEliminated: UInt64 = 0, inbound: TrafficRate = .zero,
    outbound: TrafficRate = .zero, drops: [String: UInt64] = [:], pathMTU: Int? = nil,
    measurement: TunnelMeasurement.Result? = nil,
    cipherImplementation: String? = nil
  ) {
    self.tunnel = tunnel
    self.packetsIn = packetsIn
    self.bytesIn = bytesIn
    self.packetsOut = packetsOut
    self.bytesOut = bytesOut
    self.packetsDuplicated = packetsDuplicated
    self.packetsEliminated = packetsEliminated
    self.inbound = inbound
    self.outbound = outbound
    self.drops = drops
    self.pathMTU = pathMTU
    self.measurement = measurement
    self.cipherImplementation = cipherImplementation
  }
}

/// What the ike role tells the esp role.
public enum IKEToESP: Codable, Equatable, Sendable {
  /// Install a pair of SAs, inbound first (RFC 7296 section 2.8: inbound is ready before outbound is used).
  case install(ChildSAInstallation)
  /// Remove the pair with this inbound SPI; unknown ones are ignored.
  case delete(tunnel: String, inboundSPI: ESPSPI)
  /// From now on the pair's packets travel between these endpoints (RFC 7296 section 2.23, RFC 4555), in UDP or not, and
  /// with keepalives where we sit behind a NAT.
  case move(
    tunnel: String, inboundSPI: ESPSPI, local: Endpoint, remote: Endpoint, isEncapsulatedInUDP: Bool,
    isBehindNAT: Bool)
}

/// What the esp role tells the ike role.
public enum ESPToIKE: Codable, Equatable, Sendable {
  /// An IKE message that came in on port 4500, its non-ESP marker taken off (RFC 3948 section 2.2).
  case datagram(uplink: String, local: Endpoint, remote: Endpoint, bytes: [UInt8])
  /// Authentic ESP came in for these tunnels since the last such message, at most one a second: the peers live.
  case inboundTraffic(tunnels: [String])
  /// The newest authentic packet of a tunnel came from another endpoint than its packets go to, at most one message a
  /// second: the peer's NAT may have mapped it anew (RFC 7296 section 2.23).
  case otherSource(tunnel: String, source: Endpoint)
  /// Packets went out through these tunnels for some seconds, and none came in: the peers may be gone.
  case unansweredTraffic(tunnels: [String])
  /// A soft limit of the pair is reached: replace it.
  case rekey(tunnel: String, inboundSPI: ESPSPI)
  /// The pair could not be installed.
  case installFailed(tunnel: String, inboundSPI: ESPSPI, reason: String)
}

/// A pair of ESP SAs on its way from ike, which negotiated it, to esp; its keys cross no other process.
public struct ChildSAInstallation: Codable, Equatable, Sendable {
  /// The keys of one direction.
  public struct Keys: Codable, Equatable, Sendable {
    /// Cipher key followed by the salt.
    public var encryption: SecretBytes
    /// Integrity key; nil for an AEAD.
    public var integrity: SecretBytes?

    /// The keys of one direction.
    public init(encryption: SecretBytes, integrity: SecretBytes?) {
      self.encryption = encryption
      self.integrity = integrity
    }
  }

  /// The tunnel that the pair belongs to.
  public var tunnel: String
  /// The uplink that carries its packets.
  public var uplink: String
  /// The SPI of packets that arrive.
  public var inboundSPI: ESPSPI
  /// The SPI of packets that leave.
  public var outboundSPI: ESPSPI
  /// How packets are protected.
  public var suite: ProtectionSuite
  /// Whether sequence numbers have 64 bits (RFC 4303 section 2.2.1).
  public var usesExtendedSequenceNumbers: Bool
  /// Keys of the packets that arrive.
  public var inboundKeys: Keys
  /// Keys of the packets that leave.
  public var outboundKeys: Keys
  /// Our own outer address and port.
  public var localEndpoint: Endpoint
  /// The peer's outer address and port.
  public var remoteEndpoint: Endpoint
  /// Whether packets travel in UDP (RFC 3948) or as IP protocol 50.
  public var isEncapsulatedInUDP: Bool
  /// What may be sent: source addresses of inner packets.
  public var localSelectors: [TrafficSelector]
  /// What may be received: source addresses of inner packets.
  public var remoteSelectors: [TrafficSelector]
  /// Width of the replay window in packets.
  public var replayWindow: Int
  /// Whether we initiated the exchange that made the pair.
  public var isInitiator: Bool
  /// The inbound SPI of the pair that this one replaces by a rekey.
  public var replaces: ESPSPI?
  /// Whether we sit behind a NAT and must send keepalives (RFC 3948 section 4).
  public var isBehindNAT: Bool
  /// Bytes after which `ESPToIKE.rekey` is due; nil for no limit but the cipher's own.
  public var softLifetimeBytes: UInt64?

  /// A pair of SAs; every field is given.
  public init(
    tunnel: String, uplink: String, inboundSPI: ESPSPI, outboundSPI: ESPSPI, suite: ProtectionSuite,
    usesExtendedSequenceNumbers: Bool, inboundKeys: Keys, outboundKeys: Keys, localEndpoint: Endpoint,
    remoteEndpoint: Endpoint, isEncapsulatedInUDP: Bool, localSelectors: [TrafficSelector],
    remoteSelectors: [TrafficSelector], replayWindow: Int, isInitiator: Bool, replaces: ESPSPI?, isBehindNAT: Bool,
    softLifetimeBytes: UInt64?
  ) {
    self.tunnel = tunnel
    self.uplink = uplink
    self.inboundSPI = inboundSPI
    self.outboundSPI = outboundSPI
    self.suite = suite
    self.usesExtendedSequenceNumbers = usesExtendedSequenceNumbers
    self.inboundKeys = inboundKeys
    self.outboundKeys = outboundKeys
    self.localEndpoint = localEndpoint
    self.remoteEndpoint = remoteEndpoint
    self.isEncapsulatedInUDP = isEncapsulatedInUDP
    self.localSelectors = localSelectors
    self.remoteSelectors = remoteSelectors
    self.replayWindow = replayWindow
    self.isInitiator = isInitiator
    self.replaces = replaces
    self.isBehindNAT = isBehindNAT
    self.softLifetimeBytes = softLifetimeBytes
  }
}
