import FabricCrypto
import Foundation
import IKE
import LinuxNetworking
import Logging
import WireFormat

/// The ike process: the IKE engine between its sockets, the esp role and the supervisor.
///
/// It parses what strangers send and holds the long-term secrets, so it holds no privilege: its sockets come from the
/// supervisor, its Child SAs go to esp.
public final class IKERole {
  private let loop: EventLoop
  private let supervisor: SupervisorChannel<IKEToSupervisor, SupervisorToIKE>
  private let logger: Logger
  private var engine = IKEEngine(random: SystemRandom())
  private var esp: RoleChannel<IKEToESP, ESPToIKE>?
  private var sockets: [String: IKESockets] = [:]
  private let batch = DatagramBatch(capacity: 16, slotSize: 1 << 16)
  private var connections: [String: IKEConnection] = [:]
  /// The inbound SPIs of the Child SAs that esp holds, by connection.
  private var installed: [String: Set<ESPSPI>] = [:]
  /// What a new supervisor has to be told.
  private var reports = LastingReports()
  private var engineTimer: EventTimer?
  /// Runs while the role says goodbye to its peers.
  private var farewellTimer: EventTimer?

  /// Runs the process until a supervisor stops it; without one it goes on.
  public static func run(logger: Logger) throws {
    try Privileges.drop()
    let loop = try EventLoop()
    let role = try IKERole(supervisor: .inherited(loop: loop, logger: logger), loop: loop, logger: logger)
    role.supervisor.send(.ready(program: .current))
    try loop.run()
  }

  private init(
    supervisor: SupervisorChannel<IKEToSupervisor, SupervisorToIKE>, loop: EventLoop, logger: Logger
  ) throws {
    self.loop = loop
    self.logger = logger
    self.supervisor = supervisor
    engineTimer = try loop.makeTimer { [unowned self] in handle(.timeout) }
    supervisor.onMessage = { [unowned self] message, descriptors in received(message, descriptors) }
    supervisor.onReturn = { [unowned self] in handBack() }
    supervisor.onEnd = { loop.stop() }
  }

  // MARK: What comes in

  private func received(_ message: SupervisorToIKE, _ descriptors: [FileDescriptor]) {
    switch message {
    case .uplink(let name, let address): openUplink(name, address, descriptors)
    case .removeUplink(let name): closeUplink(name)
    case .esp(let isReplacement): connectToESP(descriptors, isReplacement: isReplacement)
    case .configure(let connections):
      self.connections = Dictionary(connections.map { ($0.name, $0) }) { first, _ in first }
      reports.keep(self.connections.keys)
      handle(.configure(connections))
    case .initialContact: handle(.initialContact)
    case .credentials(let credentials): use(credentials)
    case .recovery(let secret):
      handle(.recovery(secret: secret, secondsSince1970: Int64(Date().timeIntervalSince1970)))
    case .takeOver: takeOver()
    case .stop: stop()
    }
  }

  /// Gives a new supervisor what its predecessor has lent, and tells it how the tunnels are.
  private func handBack() {
    for (name, sockets) in sockets {
      supervisor.send(
        .uplink(name: name, address: sockets.port500.localEndpoint.address),
        descriptors: [sockets.port500.descriptor, sockets.port4500.descriptor])
    }
    tell(reports.all)
    supervisor.send(.ready(program: .current))
  }

  private func use(_ credentials: SiteCredentials) {
    do {
      handle(.credentials(try IKECredentials(credentials, now: { Date() })))
    } catch {
      logger.error("the gateway's certificate cannot be used", metadata: .fields([.cause: error]))
    }
  }

  private func takeOver() {
    for (name, connection) in connections where connection.remoteAddress != nil {
      if installed[name, default: []].isEmpty { handle(.initiate(connection: name)) }
    }
  }

  private func received(_ message: ESPToIKE) {
    switch message {
    case .datagram(let uplink, let local, let remote, let bytes):
      handle(.datagram(IKEDatagram(uplink: uplink, local: local, remote: remote, bytes: bytes)))
    case .inboundTraffic(let tunnels):
      for tunnel in tunnels { handle(.inboundTraffic(connection: tunnel)) }
    case .otherSource(let tunnel, let source): handle(.otherSource(connection: tunnel, source: source))
    case .unansweredTraffic(let tunnels):
      for tunnel in tunnels { handle(.unansweredTraffic(connection: tunnel)) }
    case .rekey(let tunnel, let inboundSPI): handle(.rekeyChild(connection: tunnel, inboundSPI: inboundSPI))
    case .installFailed(let tunnel, let inboundSPI, let reason):
      handle(.childSAFailed(connection: tunnel, inboundSPI: inboundSPI, reason: reason))
    }
  }

  private func receive(from sockets: IKESockets) {
    do {
      // A batch a turn: a flood on this port must not keep timers and the messages of peers behind esp waiting.
      for index in 0..<(try batch.receive(from: sockets.port500)) {
        let bytes = Array(batch.datagram(index))
        guard let remote = batch.source(index), !bytes.isEmpty else { continue }
        let local = sockets.port500.localEndpoint
        handle(.datagram(IKEDatagram(uplink: sockets.uplink, local: local, remote: remote, bytes: bytes)))
      }
    } catch {
      logger.error("cannot receive", metadata: .fields([.uplink: sockets.uplink, .cause: error]))
    }
  }

  // MARK: The engine, and what it wants done

  private func handle(_ event: IKEEvent) {
    var news: [IKEReport] = []
    for action in engine.handle(event, at: SystemClock.now) { perform(action, reporting: &news) }
    tell(news)
    engineTimer?.schedule(at: engine.nextDeadline)
    if farewellTimer != nil, engine.nextDeadline == nil { loop.stop() }
  }

  private func perform(_ action: IKEAction, reporting news: inout [IKEReport]) {
    switch action {
    case .send(let datagram): send(datagram)
    case .installChildSA(let pair): install(pair)
    case .deleteChildSA(let connection, let inboundSPI):
      installed[connection]?.remove(inboundSPI)
      esp?.send(.delete(tunnel: connection, inboundSPI: inboundSPI))
    case .moveChildSA(let move):
      esp?.send(
        .move(
          tunnel: move.connection, inboundSPI: move.inboundSPI, local: move.local, remote: move.remote,
          isEncapsulatedInUDP: move.encapsulation == .udp, isBehindNAT: move.isBehindNAT))
    case .report(let report):
      logger.log(report)
      reports.note(report)
      news.append(report)
    }
  }

  private func tell(_ news: [IKEReport]) {
    if !news.isEmpty { supervisor.send(.reports(news)) }
  }

  private func send(_ datagram: IKEDatagram) {
    do {
      // What does not fit the kernel's buffer is lost, as it may be on any network: IKE sends it again.
      _ = try sockets[datagram.uplink]?.send(datagram)
    } catch {
      logger.debug("cannot send", metadata: .fields([.uplink: datagram.uplink, .cause: error]))
    }
  }

  private func install(_ pair: ChildSA) {
    installed[pair.connection, default: []].insert(pair.inboundSPI)
    esp?.send(.install(ChildSAInstallation(pair, softLifetimeBytes: connections[pair.connection]?.childLifetimeBytes)))
  }

  // MARK: Sockets and channels

  private func openUplink(_ name: String, _ address: IPAddress, _ descriptors: [FileDescriptor]) {
    closeUplink(name)
    do {
      let opened = try IKESockets(uplink: name, descriptors)
      try loop.watch(opened.port500.descriptor) { [unowned self] in receive(from: opened) }
      sockets[name] = opened
    } catch {
      logger.error("cannot use an uplink", metadata: .fields([.uplink: name, .address: address, .cause: error]))
    }
  }

  private func closeUplink(_ name: String) {
    guard let closed = sockets.removeValue(forKey: name) else { return }
    loop.unwatch(closed.port500.descriptor)
  }

  private func connectToESP(_ descriptors: [FileDescriptor], isReplacement: Bool) {
    do {
      guard let descriptor = descriptors.first else { throw MissingDescriptors() }
      let channel = try RoleChannel<IKEToESP, ESPToIKE>(
        MessageChannel(adopting: descriptor), loop: loop, logger: logger)
      channel.onMessage = { [unowned self] message, _ in received(message) }
      esp = channel
    } catch {
      logger.error("there is no channel to esp", metadata: .fields([.cause: error]))
    }
    if isReplacement { rekeyEverything() }
  }

  /// The SAs of a dead esp process and their counters are gone, so their keys must never be used again
  /// (DESIGN.md section 5, invariant 1).
  private func rekeyEverything() {
    for (connection, pairs) in installed {
      for inboundSPI in pairs { handle(.rekeyChild(connection: connection, inboundSPI: inboundSPI)) }
    }
  }

  /// Says goodbye to every peer and ends, at the latest after a second: a peer that does not answer finds out by itself.
  private func stop() {
    do {
      let timer = try loop.makeTimer { [unowned self] in loop.stop() }
      timer.schedule(after: .seconds(1))
      farewellTimer = timer
      handle(.configure([]))
    } catch {
      loop.stop()
    }
  }
}
