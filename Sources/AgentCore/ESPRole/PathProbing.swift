import ESP
import LinuxNetworking
import WireFormat

/// Keeps what is known of each tunnel's path MTU: sends the probes that the tunnels' `PathMTU` machines ask for, answers
/// those of the peers, and listens to what routers say.
final class PathProbing {
  private let path: DataPath
  private var timer: EventTimer?

  init(_ path: DataPath, loop: EventLoop) throws(LinuxError) {
    self.path = path
    timer = try loop.makeTimer { [unowned self] in timeout() }
    path.inbound.onProbe = { [unowned self] tunnel, probe in received(probe, through: tunnel) }
    path.onPathMTUReport = { [unowned self] uplink, report in received(report, on: uplink) }
  }

  /// Looks whether a tunnel's packets take another path than before; then what was known of the old one is forgotten.
  func follow(_ tunnel: TunnelInterface, at now: Instant) {
    guard let sa = path.database.outbound(tunnel: tunnel.number) else { return }
    if let known = tunnel.path, known.isTaken(by: sa) { return }
    tunnel.path = TunnelPath(sa, deviceMTU: tunnel.mtu, at: now)
    advance(tunnel) { $0.begin(at: now) }
  }

  private func timeout() {
    let now = SystemClock.now
    for tunnel in path.tunnels.values { advance(tunnel) { $0.timeout(at: now) } }
  }

  private func received(_ probe: PathProbe, through tunnel: TunnelInterface) {
    let now = SystemClock.now
    switch probe {
    case .question(let number):
      send(.answer(number: number), length: PathProbe.length, through: tunnel)
      advance(tunnel) { $0.peerAppeared(at: now) }
    case .answer(let number): advance(tunnel) { $0.answered(number: number, at: now) }
    }
  }

  private func received(_ report: PathMTUReport, on uplink: ESPUplink) {
    let now = SystemClock.now
    for tunnel in path.tunnels.values {
      guard let taken = tunnel.path?.path, taken.uplink == uplink.name,
        taken.remote.address == report.destination.address,
        let sa = path.database.outbound(tunnel: tunnel.number), report.isCredible(for: sa)
      else { continue }
      advance(tunnel) { $0.tooBig(mtu: report.mtu, at: now) }
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
    timer?.schedule(at: path.tunnels.values.compactMap { $0.path?.mtu.nextDeadline }.min())
  }

  private func send(_ probe: PathProbe, length: Int, through tunnel: TunnelInterface) {
    guard let sa = path.database.outbound(tunnel: tunnel.number) else { return }
    path.outbound.send(probe, length: length, through: tunnel, with: sa, to: path.uplinks)
  }
}

extension PathMTUReport {
  /// RFC 4301 section 8.2.1: a router's word counts only where it quotes a packet of the SA, which few can know.
  fileprivate func isCredible(for sa: OutboundSA) -> Bool {
    isLocal || quote.starts(with: withUnsafeBytes(of: sa.spi.rawValue.bigEndian) { Array($0) })
  }
}
