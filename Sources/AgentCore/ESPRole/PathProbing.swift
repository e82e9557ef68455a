import ESP
import LinuxNetworking
import Topology
import WireFormat

/// Keeps what is known of each tunnel's path: sends what its `PathMTU` and `TunnelMeasurement` machines ask for, answers
/// the peers', and listens to what routers and peers say. All of it travels in dummy packets.
final class PathProbing {
  /// Called when what the tests of a tunnel tell has changed.
  var onHealth: (_ tunnel: String, TunnelHealth) -> Void = { _, _ in }
  /// What was told last of the tunnels that are not as they should be, by name.
  private(set) var ailments: [String: TunnelHealth] = [:]

  /// Called when a tunnel is worse, or good enough again, for a class of traffic.
  var onClassHealth: (_ tunnel: String, _ poorFor: [String: String]) -> Void = { _, _ in }
  /// What was told last of the tunnels that are too bad for a class, by name.
  private(set) var classAilments: [String: [String: String]] = [:]

  private let path: DataPath
  /// When the machines of each tunnel want to be called, by the tunnel's number.
  private var deadlines = DeadlineQueue<Int>()
  private var timer: EventTimer?

  init(_ path: DataPath, loop: EventLoop) throws(LinuxError) {
    self.path = path
    timer = try loop.makeTimer { [unowned self] in timeout() }
    path.inbound.onDummy = { [unowned self] tunnel, contents in received(contents, through: tunnel) }
    path.onPathMTUReport = { [unowned self] uplink, report in received(report, on: uplink) }
  }

  /// Looks whether a tunnel's packets take another path than before; then what was known of the old one is forgotten.
  func follow(_ tunnel: TunnelInterface, at now: Instant) {
    guard let sa = path.database.outbound(tunnel: tunnel.number) else { return }
    if let known = tunnel.path, known.isTaken(by: sa) { return }
    tunnel.path = TunnelPath(sa, tunnel.settings, at: now)
    tellHealth(of: tunnel, at: now)
    tellClassHealth(of: tunnel)
    advance(tunnel) { $0.begin(at: now) }
    schedule(tunnel)
  }

  /// A pair of SAs is new: its negotiation has just passed over the path.
  func installed(_ tunnel: TunnelInterface, at now: Instant) {
    tunnel.path?.liveness?.proved(at: now)
    tellHealth(of: tunnel, at: now)
    follow(tunnel, at: now)
    schedule(tunnel)
  }

  /// The line of an uplink is gone: its tunnels wait for proof of the contrary, and peers hear of it by other lines.
  func lost(line uplink: String) {
    let now = SystemClock.now
    let ways = path.tunnels.values.compactMap { tunnel in
      path.database.outbound(tunnel: tunnel.number).map { (tunnel: tunnel, sa: $0) }
    }
    for lost in ways where lost.sa.path.uplink == uplink {
      let notice = LineLoss(spi: lost.sa.spi)
      for other in ways
      where other.sa.path.uplink != uplink && other.tunnel.settings.peerSite == lost.tunnel.settings.peerSite {
        sendAtOnce(length: LineLoss.length, with: other.sa) { notice.write(to: $0) }
      }
      lost.tunnel.path?.liveness?.lost()
      tellHealth(of: lost.tunnel, silentFor: "uplink \(uplink) has lost its link", at: now)
      schedule(lost.tunnel)
    }
  }

  private func timeout() {
    let now = SystemClock.now
    var due: [Int] = []
    while let number = deadlines.popDue(at: now) { due.append(number) }
    for tunnel in due.compactMap({ path.tunnels[$0] }) {
      advance(tunnel) { $0.timeout(at: now) }
      tunnel.path?.liveness?.timeout(at: now)
      measure(tunnel, at: now)
      tellHealth(of: tunnel, at: now)
      deadlines.set(tunnel.number, tunnel.path?.nextDeadline)
    }
    timer?.schedule(at: deadlines.earliest)
  }

  private func received(_ contents: UnsafeRawBufferPointer, through tunnel: TunnelInterface) -> Bool {
    if let packet = STAMPPacket(contents) {
      received(packet, through: tunnel)
    } else if let probe = PathProbe(contents) {
      received(probe, through: tunnel)
    } else if let loss = LineLoss(contents) {
      received(loss, through: tunnel)
    } else {
      return false
    }
    return true
  }

  private func received(_ packet: STAMPPacket, through tunnel: TunnelInterface) {
    let now = SystemClock.now
    switch packet {
    case .test(let test):
      let reflection = STAMPReflection(
        test: test, received: STAMPTimestamp(now), sent: STAMPTimestamp(SystemClock.now))
      send(.reflection(reflection), through: tunnel)
    case .reflection(let reflection):
      guard let time = tunnel.path?.measurement.answered(reflection, at: now) else { return }
      tunnel.path?.liveness?.answered(reflection.test, after: time, at: now)
      tellHealth(of: tunnel, at: now)
      schedule(tunnel)
    }
  }

  /// A peer may tell of its own tunnels only.
  private func received(_ loss: LineLoss, through tunnel: TunnelInterface) {
    guard let lost = path.database.tunnel(inboundSPI: loss.spi).flatMap({ path.tunnels[$0] }),
      lost.settings.peerSite == tunnel.settings.peerSite
    else { return }
    lost.path?.liveness?.lost()
    tellHealth(of: lost, silentFor: "\(tunnel.settings.peerSite) has lost its line", at: SystemClock.now)
    schedule(lost)
  }

  /// Tells of a tunnel's health if it has changed; `cause` is why it is silent, if it is.
  private func tellHealth(
    of tunnel: TunnelInterface, silentFor cause: String = "its tests are not answered", at now: Instant
  ) {
    let health = tunnel.path?.health(silentFor: cause, at: now) ?? .good
    guard !health.isLike(ailments[tunnel.name] ?? .good) else { return }
    ailments[tunnel.name] = health == .good ? nil : health
    onHealth(tunnel.name, health)
  }

  /// The figures of a cause change with every test, and are told of once.
  private func tellClassHealth(of tunnel: TunnelInterface) {
    let poorFor = tunnel.path?.poorFor ?? [:]
    let before = classAilments[tunnel.name] ?? [:]
    guard Set(poorFor.keys) != Set(before.keys) else { return }
    classAilments[tunnel.name] = poorFor.isEmpty ? nil : poorFor
    onClassHealth(tunnel.name, poorFor)
  }

  private func received(_ probe: PathProbe, through tunnel: TunnelInterface) {
    let now = SystemClock.now
    switch probe {
    case .question(let number):
      send(.answer(number: number), length: PathProbe.length, through: tunnel)
      advance(tunnel) { $0.peerAppeared(at: now) }
    case .answer(let number): advance(tunnel) { $0.answered(number: number, at: now) }
    }
    schedule(tunnel)
  }

  private func received(_ report: PathMTUReport, on uplink: ESPUplink) {
    let now = SystemClock.now
    for tunnel in path.tunnels.values {
      guard let taken = tunnel.path?.path, taken.uplink == uplink.name,
        taken.remote.address == report.destination.address,
        let sa = path.database.outbound(tunnel: tunnel.number), report.isCredible(for: sa)
      else { continue }
      advance(tunnel) { $0.tooBig(mtu: report.mtu, at: now) }
      schedule(tunnel)
    }
  }

  /// Lets a tunnel's machine take a step, and does what it asks for.
  private func advance(_ tunnel: TunnelInterface, _ step: (inout PathMTU) -> [PathMTU.Probe]) {
    guard var known = tunnel.path else { return }
    let probes = step(&known.mtu)
    tunnel.path = known
    for probe in probes {
      let length = max(PathProbe.length, known.overhead.innerMTU(pathMTU: probe.size))
      send(.question(number: probe.number), length: length, through: tunnel)
    }
  }

  private func measure(_ tunnel: TunnelInterface, at now: Instant) {
    guard let test = tunnel.path?.measurement.timeout(at: now) else { return }
    tunnel.path?.liveness?.sent(test, at: now)
    send(.test(test), through: tunnel)
    guard test.sequence.isMultiple(of: 5) else { return }
    tunnel.path?.judge(at: now)
    tellClassHealth(of: tunnel)
  }

  /// The tunnel's machines have taken a step, and may want to be called at another time.
  private func schedule(_ tunnel: TunnelInterface) {
    deadlines.set(tunnel.number, tunnel.path?.nextDeadline)
    timer?.schedule(at: deadlines.earliest)
  }

  private func send(_ probe: PathProbe, length: Int, through tunnel: TunnelInterface) {
    guard let sa = path.database.outbound(tunnel: tunnel.number) else { return }
    path.outbound.sendDummy(length: length, with: sa, to: path.uplinks) { probe.write(to: $0) }
  }

  private func send(_ packet: STAMPPacket, through tunnel: TunnelInterface) {
    guard let sa = path.database.outbound(tunnel: tunnel.number) else { return }
    sendAtOnce(length: STAMPPacket.length, with: sa) { packet.write(to: $0) }
  }

  /// What tells whether a tunnel lives must not wait behind a bulk copy: it travels as network control.
  private func sendAtOnce(length: Int, with sa: OutboundSA, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
    path.outbound.sendDummy(
      length: length, trafficClass: TrafficClass.networkControl << 2, with: sa, to: path.uplinks, write)
  }
}

extension PathMTUReport {
  /// RFC 4301 section 8.2.1: a router's word counts only where it quotes a packet of the SA, which few can know.
  fileprivate func isCredible(for sa: OutboundSA) -> Bool {
    isLocal || quote.starts(with: withUnsafeBytes(of: sa.spi.rawValue.bigEndian) { Array($0) })
  }
}
