import ESP
import LinuxNetworking
import Logging
import WireFormat

/// The process that seals and opens packets: it owns the SAs and the descriptors that packets pass, and has no
/// privilege. It learns everything from the supervisor and the ike role, and goes on without them.
///
/// Its SAs die with it, and must: their counters are gone, so their keys must never be used again.
public final class ESPRole {
  private let loop: EventLoop
  private let logger: Logger
  private let path: DataPath
  private let probing: PathProbing
  private let supervisor: SupervisorChannel<ESPToSupervisor, SupervisorToESP>
  private var ike: RoleChannel<ESPToIKE, IKEToESP>?
  private var ikeGeneration = 0
  private var nextTunnelNumber = 1
  private var childSAs: [ESPSPI: InstalledChildSA] = [:]
  private var reports = TrafficReports()
  private var silences = PeerSilences()
  /// The numbers of tunnels of which ike has been told in this second that their packets come from elsewhere.
  private var toldOfOtherSource: Set<Int> = []
  private var timer: EventTimer?

  private static let tick = Duration.seconds(1)
  /// IKE messages that may wait for a busy ike role; more are lost, as in a full socket buffer, and sent again.
  private static let ikeBacklog = 256

  /// Runs the role on the channel that the supervisor has put on descriptor 3 until the supervisor ends it.
  public static func run(logger: Logger) throws {
    // All other descriptors come over the channel. A container may have no such device.
    let wakeupLatency = try? WakeupLatency()
    try Privileges.drop()
    let loop = try EventLoop()
    let role = try ESPRole(
      supervisor: .inherited(loop: loop, logger: logger), wakeupLatency: wakeupLatency, loop: loop, logger: logger)
    try withExtendedLifetime(role) { try loop.run() }
  }

  /// A role that talks to its supervisor over `supervisor` and works whenever `loop` runs, which it stops at the end;
  /// with `wakeupLatency`, processors wait awake for the packets of busy times.
  public init(
    supervisor: SupervisorChannel<ESPToSupervisor, SupervisorToESP>, wakeupLatency: WakeupLatency? = nil,
    loop: EventLoop, logger: Logger
  ) throws {
    self.loop = loop
    self.logger = logger
    path = try DataPath(wakefulness: try wakeupLatency.map { try Wakefulness($0, loop: loop) }, loop: loop)
    probing = try PathProbing(path, loop: loop)
    self.supervisor = supervisor
    supervisor.onMessage = { [unowned self] in handle($0, descriptors: $1) }
    supervisor.onReturn = { [unowned self] in handBack() }
    supervisor.onEnd = { [unowned self] in self.loop.stop() }
    probing.onHealth = { [unowned self] name, health in
      self.logger.info("a tunnel's tests tell", metadata: .fields([.tunnel: name, .cause: health]))
      self.supervisor.send(.health(tunnel: name, health))
    }
    probing.onClassHealth = { [unowned self] in self.supervisor.send(.classHealth(tunnel: $0, poorFor: $1)) }
    path.inbound.onIKEMessage = { [unowned self] in forward($2, from: $1, on: $0) }
    path.inbound.onOtherSource = { [unowned self] in tell(ofOtherSource: $1, tunnel: $0) }
    path.onFailure = { [logger] name, error in
      logger.error("cannot be read any more", metadata: .fields([.interface: name, .cause: error]))
    }
    timer = try loop.makeTimer { [unowned self] in
      tick(at: SystemClock.now)
      timer?.schedule(after: ESPRole.tick)
    }
    timer?.schedule(after: ESPRole.tick)
    supervisor.send(.ready(program: .current))
  }

  // MARK: - Messages

  private func handle(_ message: SupervisorToESP, descriptors: [FileDescriptor]) {
    do {
      switch message {
      case .uplink(let name, _): try addUplink(name, descriptors)
      case .removeUplink(let name): path.removeUplink(name)
      case .tunnel(let name, let settings): try addTunnel(name, settings, descriptors)
      case .change(let name, let settings): change(name, settings)
      case .lineLost(let uplink): probing.lost(line: uplink)
      case .shares(let shares): path.share(by: shares)
      case .removeTunnel(let name): removeTunnel(name)
      case .ike: try connectIKE(descriptors)
      case .stop: loop.stop()
      }
    } catch {
      logger.error("a message of the supervisor failed", metadata: .fields([.cause: "\(error)"]))
    }
  }

  private func handle(_ message: IKEToESP) {
    switch message {
    case .install(let installation): install(installation)
    case .delete(_, let spi): removeChildSA(spi)
    case .move(_, let spi, let local, let remote, let isEncapsulatedInUDP, let isBehindNAT):
      childSAs[spi]?.moved(sendsKeepalives: isBehindNAT && isEncapsulatedInUDP)
      move(spi, local: local, remote: remote, isEncapsulatedInUDP: isEncapsulatedInUDP)
    }
  }

  /// Gives a new supervisor what its predecessor has lent, and lets it know the counters.
  private func handBack() {
    for (name, uplink) in path.uplinks {
      supervisor.send(
        .uplink(name: name, address: uplink.address),
        descriptors: [uplink.encapsulated.descriptor, uplink.plain.descriptor])
    }
    for tunnel in path.tunnels.values {
      supervisor.send(.tunnel(name: tunnel.name), descriptors: [tunnel.device.descriptor])
    }
    for (name, health) in probing.ailments { supervisor.send(.health(tunnel: name, health)) }
    for (name, classes) in probing.classAilments { supervisor.send(.classHealth(tunnel: name, poorFor: classes)) }
    reports = TrafficReports()
    supervisor.send(.ready(program: .current))
  }

  private func addUplink(_ name: String, _ descriptors: [FileDescriptor]) throws {
    guard descriptors.count == 2 else { throw ESPRoleError.wrongDescriptors(count: descriptors.count, expected: 2) }
    let encapsulated = try UDPSocket(adopting: descriptors[0])
    try path.add(ESPUplink(name: name, encapsulated: encapsulated, plain: RawESPSocket(adopting: descriptors[1])))
  }

  private func addTunnel(_ name: String, _ settings: TunnelSettings, _ descriptors: [FileDescriptor]) throws {
    guard descriptors.count == 1 else { throw ESPRoleError.wrongDescriptors(count: descriptors.count, expected: 1) }
    removeTunnel(name)
    let device = TUNDevice(adopting: descriptors[0], name: name)
    try path.add(
      TunnelInterface(
        number: nextTunnelNumber, name: name, device: device, settings: settings))
    nextTunnelNumber += 1
  }

  private func change(_ name: String, _ settings: TunnelSettings) {
    guard let tunnel = path.tunnel(named: name) else { return }
    tunnel.settings = settings
    probing.follow(tunnel, at: SystemClock.now)
  }

  private func removeTunnel(_ name: String) {
    guard let tunnel = path.tunnel(named: name) else { return }
    for (spi, _) in childSAs.filter({ $0.value.tunnel == name }) { removeChildSA(spi) }
    path.remove(tunnel)
  }

  private func connectIKE(_ descriptors: [FileDescriptor]) throws {
    guard descriptors.count == 1 else { throw ESPRoleError.wrongDescriptors(count: descriptors.count, expected: 1) }
    let channel = try RoleChannel<ESPToIKE, IKEToESP>(
      MessageChannel(adopting: descriptors[0]), loop: loop, logger: logger)
    channel.onMessage = { [unowned self] message, _ in handle(message) }
    channel.onClose = { [logger] in logger.warning("the ike role is gone; SAs stay as they are") }
    ike?.close()
    ike = channel
    ikeGeneration += 1
  }

  // MARK: - Child SAs

  private func install(_ installation: ChildSAInstallation) {
    let spi = installation.inboundSPI
    func refuse(_ reason: String) {
      logger.error("a Child SA was refused", metadata: .fields([.tunnel: installation.tunnel, .cause: reason]))
      ike?.send(.installFailed(tunnel: installation.tunnel, inboundSPI: spi, reason: reason))
    }
    guard let tunnel = path.tunnel(named: installation.tunnel) else { return refuse("there is no such tunnel") }
    do throws(SADatabaseError) {
      // Who has a new revision first sends by it: every peer of ours may send packets twice.
      try path.database.install(
        installation.parameters(tunnelNumber: tunnel.number), recovery: path.peers[tunnel.settings.peerSite]?.recovery)
      childSAs[spi] = InstalledChildSA(installation, generation: ikeGeneration, at: SystemClock.now)
      probing.installed(tunnel, at: SystemClock.now)
      logger.info(
        "Child SA installed", metadata: .fields([.tunnel: installation.tunnel, .uplink: installation.uplink]))
    } catch {
      refuse("\(error)")
    }
  }

  private func removeChildSA(_ spi: ESPSPI) {
    guard let removed = childSAs.removeValue(forKey: spi) else { return }
    path.database.remove(inboundSPI: spi)
    logger.info("Child SA removed", metadata: .fields([.tunnel: removed.tunnel]))
  }

  private func move(_ spi: ESPSPI, local: Endpoint, remote: Endpoint, isEncapsulatedInUDP: Bool) {
    guard let pair = pair(spi) else { return }
    var changed = pair.outbound.path
    changed.local = local
    changed.remote = remote
    changed.encapsulation = isEncapsulatedInUDP ? .udp : .esp
    if let uplink = path.uplinks.values.first(where: { $0.address == local.address }) { changed.uplink = uplink.name }
    path.database.move(inboundSPI: spi, to: changed)
    if let tunnel = path.tunnels[pair.tunnel] { probing.follow(tunnel, at: SystemClock.now) }
  }

  private func pair(_ spi: ESPSPI) -> SAPair? { path.database.installed.first { $0.inbound.spi == spi } }

  // MARK: - IKE on port 4500

  private func forward(_ message: UnsafeRawBufferPointer, from remote: Endpoint, on uplink: ESPUplink) {
    guard let ike, ike.backlog < ESPRole.ikeBacklog else { return }
    ike.send(
      .datagram(
        uplink: uplink.name, local: uplink.encapsulated.localEndpoint, remote: remote, bytes: Array(message)))
  }

  /// At once, as until ike has followed, a peer whose NAT has mapped it anew gets nothing.
  private func tell(ofOtherSource source: Endpoint, tunnel number: Int) {
    guard toldOfOtherSource.insert(number).inserted, let name = path.tunnels[number]?.name else { return }
    ike?.send(.otherSource(tunnel: name, source: source))
  }

  // MARK: - Once a second

  private func tick(at now: Instant) {
    for pair in path.database.installed { look(after: pair, at: now) }
    removeReplaced(at: now)
    let tunnels = path.tunnels.values.map { $0 }
    for tunnel in tunnels {
      tunnel.secondPassed(at: now)
      probing.follow(tunnel, at: now)
    }
    let alive = reports.tunnelsWithInboundTraffic(tunnels)
    if !alive.isEmpty { ike?.send(.inboundTraffic(tunnels: alive)) }
    toldOfOtherSource = []
    let silent = silences.tunnelsWithoutAnswer(tunnels)
    if !silent.isEmpty { ike?.send(.unansweredTraffic(tunnels: silent)) }
    let counters = reports.changedCounters(tunnels, at: now)
    if !counters.isEmpty { supervisor.send(.counters(counters)) }
    if let drops = reports.changedDrops(path.inbound.drops) { supervisor.send(.drops(drops)) }
  }

  private func look(after pair: SAPair, at now: Instant) {
    let spi = pair.inbound.spi
    guard var childSA = childSAs[spi] else { return }
    if childSA.hasSettled(at: now) { path.database.assumePeerIsReady(inboundSPI: spi) }
    if childSA.needsRekey(pair) { ike?.send(.rekey(tunnel: childSA.tunnel, inboundSPI: spi)) }
    if childSA.needsKeepalive(pair, at: now) {
      // RFC 3948 section 2.3: one octet of the value 0xFF. One that is lost is made good by the next.
      _ = try? path.uplinks[pair.outbound.path.uplink]?.encapsulated.send([0xFF], to: pair.outbound.path.remote)
    }
    childSAs[spi] = childSA
  }

  private func removeReplaced(at now: Instant) {
    let replaced = childSAs.filter { old in
      old.value.generation < ikeGeneration && childSAs.values.contains { old.value.isReplaced(by: $0, at: now) }
    }
    for spi in replaced.keys { removeChildSA(spi) }
  }
}

/// A message that does not bring what it must.
enum ESPRoleError: Error {
  /// The wrong number of descriptors came alongside.
  case wrongDescriptors(count: Int, expected: Int)
}
