import ControlProtocol
import ESP
import Foundation
import IKE
import Topology
import WireFormat

/// Puts what the roles report together into what the site reports: how far each tunnel is, and what stops it there.
struct StatusAssembly: Sendable {
  /// The revision that the site runs; its tunnels give the order of the report.
  private(set) var configuration: SiteConfiguration
  private var progress: [String: TunnelProgress] = [:]
  private var traffic: [String: TunnelTraffic] = [:]
  private var drops: [String: UInt64] = [:]
  private var observation: LinkObservation?
  /// What concerns the whole site and only the supervisor knows, such as a role that keeps dying, by its subject.
  var faults: [String: Fault] = [:]
  /// The names of the tunnels by which traffic leaves, by site.
  var activeTunnels: [String: [String]] = [:]
  /// The same of classes that leave by others than the rest, by site and class.
  var classTunnels: [String: [String: [String]]] = [:]
  /// When traffic has moved, oldest first.
  var switches: [TunnelSwitch] = []

  /// The status of a site that has just been given its configuration.
  init(_ configuration: SiteConfiguration) { self.configuration = configuration }

  /// A new revision: what is known of tunnels that stay is kept.
  mutating func configured(_ configuration: SiteConfiguration) {
    self.configuration = configuration
    let names = Set(configuration.tunnels.map(\.name))
    progress = progress.filter { names.contains($0.key) }
    traffic = traffic.filter { names.contains($0.key) }
  }

  /// A report of the ike role.
  mutating func received(_ report: IKEReport, at date: Date) {
    guard let name = report.connection else { return }
    progress[name, default: TunnelProgress()].received(report.content, at: date)
  }

  /// Counters of the esp role.
  mutating func received(_ counters: [TunnelTraffic]) {
    for counter in counters { traffic[counter.tunnel] = counter }
  }

  /// Packets of no tunnel that the esp role has dropped, by reason.
  mutating func received(drops: [String: UInt64]) { self.drops = drops }

  /// An observation of the link role.
  mutating func received(_ observation: LinkObservation) { self.observation = observation }

  /// The ike role is being started anew.
  mutating func ikeRestarted() {
    for name in progress.keys { progress[name]?.ikeRestarted() }
  }

  /// The whole site, at the wall clock's `date`, which is the monotonic clock's `now`.
  func status(agentVersion: String, at date: Date, now: Instant) -> SiteStatus {
    let clock = WallClock(date: date, now: now)
    let linkFaults = observation?.faults.map { Fault(stage: $0.stage, cause: $0.cause, at: date) } ?? []
    return SiteStatus(
      site: configuration.site, revision: observation?.revision ?? 0, agentVersion: agentVersion, at: date,
      uplinks: observation?.uplinks ?? [], tunnels: configuration.tunnels.map { status(of: $0, clock) },
      reachablePrefixes: observation?.reachablePrefixes ?? [],
      missingPrefixes: observation?.missingPrefixes ?? configuration.routing.protected, drops: drops,
      faults: faults.sorted { $0.key < $1.key }.map(\.value) + linkFaults,
      activeTunnels: activeTunnels, classTunnels: classTunnels, switches: switches.suffix(20))
  }

  private func status(of tunnel: Tunnel, _ clock: WallClock) -> TunnelStatus {
    let progress = progress[tunnel.name] ?? TunnelProgress()
    let fault = fault(of: tunnel, progress, clock).map { blamingLine(of: tunnel, $0) }
    return TunnelStatus(
      name: tunnel.name, interface: tunnel.interface, peerSite: tunnel.peerSite, uplink: tunnel.uplink,
      weight: tunnel.weight, localEndpoint: progress.localEndpoint, remoteEndpoint: progress.remoteEndpoint,
      reached: fault?.stage.previous ?? .endToEnd, fault: fault,
      ikeSA: progress.ikeSA.map { TunnelStatus.IKESAStatus($0, clock) },
      childSA: progress.childSA.map { TunnelStatus.ChildSAStatus($0, clock) },
      counters: traffic[tunnel.name].map { TunnelStatus.Counters($0) } ?? TunnelStatus.Counters(),
      path: traffic[tunnel.name].flatMap { TunnelStatus.PathStatus($0) })
  }

  /// The first stage that the tunnel has not reached, and why; nil when it has reached them all.
  private func fault(of tunnel: Tunnel, _ progress: TunnelProgress, _ clock: WallClock) -> Fault? {
    if let fault = phaseFault(of: tunnel, progress, clock) { return fault }
    let seen = observation?.tunnels.first { $0.tunnel == tunnel.name }
    guard let seen, seen.isInterfaceUp else {
      return Fault(stage: .interface, cause: seen?.cause ?? "\(tunnel.interface) is not set up yet", at: clock.date)
    }
    guard seen.hasRoutingNeighbour else {
      return Fault(stage: .routing, cause: seen.cause ?? "no routing neighbour on \(tunnel.interface)", at: clock.date)
    }
    let reachable = observation?.reachablePrefixes ?? []
    let missing = tunnel.peerPrefixes.filter { prefix in !reachable.contains { $0.contains(prefix) } }
    if missing.isEmpty { return nil }
    let networks = missing.map(\.description).joined(separator: ", ")
    return Fault(stage: .endToEnd, cause: "no route into a tunnel for \(networks)", at: clock.date)
  }

  /// What stands in the way of Phase 1 or Phase 2.
  ///
  /// With a Child SA, traffic flows, even while there is no IKE SA because the ike role is being started anew.
  private func phaseFault(of tunnel: Tunnel, _ progress: TunnelProgress, _ clock: WallClock) -> Fault? {
    if progress.childSA != nil { return nil }
    let stage: Stage = progress.ikeSA != nil ? .childSA : progress.hasPeerAnswered ? .ikeSA : .reachability
    if let failure = progress.failure {
      return Fault(stage: max(stage, Stage(failure.failure.stage)), cause: failure.failure.cause, at: failure.at)
    }
    if let reason = progress.closed { return Fault(stage: stage, cause: reason, at: clock.date) }
    return Fault(stage: stage, cause: waiting(for: tunnel), at: clock.date)
  }

  private func waiting(for tunnel: Tunnel) -> String {
    tunnel.initiates ? "waiting for an answer of the peer" : "waiting for the peer to open the conversation"
  }

  /// A line that is down explains whatever its tunnels lack.
  private func blamingLine(of tunnel: Tunnel, _ fault: Fault) -> Fault {
    guard let line = observation?.uplinks.first(where: { $0.name == tunnel.uplink }), !line.isUp else { return fault }
    let cause = line.address == nil ? "uplink \(line.name) has no address" : "uplink \(line.name) is down"
    return Fault(stage: fault.stage, cause: cause, at: fault.at)
  }
}

/// One moment on both clocks, to tell wall time of monotonic time.
struct WallClock {
  let date: Date
  let now: Instant

  func date(of instant: Instant) -> Date {
    date.addingTimeInterval(Double(now.duration(to: instant).nanoseconds) / 1e9)
  }
}

extension Stage {
  init(_ stage: IKEReport.Stage) {
    switch stage {
    case .reachability: self = .reachability
    case .ikeSA: self = .ikeSA
    case .childSA: self = .childSA
    }
  }

  /// The stage before this one; the first is its own.
  var previous: Stage { Stage.allCases.last { $0 < self } ?? self }
}

extension TunnelStatus.IKESAStatus {
  init(_ summary: IKESASummary, _ clock: WallClock) {
    self.init(
      initiatorSPI: summary.initiatorSPI.description, responderSPI: summary.responderSPI.description,
      suite: summary.suiteName, establishedAt: clock.date(of: summary.established),
      localNAT: summary.isLocalBehindNAT, remoteNAT: summary.isRemoteBehindNAT,
      authentication: summary.peerProof?.text)
  }
}

extension TunnelStatus.ChildSAStatus {
  init(_ summary: ChildSASummary, _ clock: WallClock) {
    self.init(
      inboundSPI: summary.inboundSPI.description, outboundSPI: summary.outboundSPI.description,
      suite: summary.suite.registryName, encapsulation: summary.encapsulation == .udp ? .udp : .esp,
      establishedAt: clock.date(of: summary.established))
  }
}

extension TunnelStatus.Counters {
  init(_ traffic: TunnelTraffic) {
    self.init(
      packetsIn: traffic.packetsIn, bytesIn: traffic.bytesIn, packetsOut: traffic.packetsOut,
      bytesOut: traffic.bytesOut, packetsDuplicated: traffic.packetsDuplicated,
      packetsEliminated: traffic.packetsEliminated, inbound: traffic.inbound, outbound: traffic.outbound,
      drops: traffic.drops)
  }
}

extension TunnelStatus.PathStatus {
  init?(_ traffic: TunnelTraffic) {
    guard let mtu = traffic.pathMTU, let cipherImplementation = traffic.cipherImplementation else { return nil }
    self.init(
      mtu: mtu, measurement: traffic.measurement.map { PathMeasurement($0) },
      cipherImplementation: cipherImplementation)
  }
}

extension PathMeasurement {
  init(_ result: TunnelMeasurement.Result) {
    self.init(
      tests: result.tests, lost: result.lost,
      meanRoundTripMicroseconds: Int(result.meanRoundTrip / .microseconds(1)),
      shortestRoundTripMicroseconds: Int(result.shortestRoundTrip / .microseconds(1)),
      jitterMicroseconds: Int(result.jitter / .microseconds(1)))
  }
}

extension PeerProof {
  /// The proof in words.
  fileprivate var text: String {
    switch self {
    case .presharedKey: return "pre-shared key"
    case .certificate(let certificate, let algorithm):
      let day = Date(timeIntervalSince1970: Double(certificate.expires)).formatted(.iso8601.year().month().day())
      return "certificate \(certificate.serialNumber) of \(certificate.issuer), until \(day); \(algorithm)"
    }
  }
}
