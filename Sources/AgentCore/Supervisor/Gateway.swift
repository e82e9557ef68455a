import ControlProtocol
import FabricCrypto
import Foundation
import IKE
import LinuxNetworking
import Logging
import Topology
import WireFormat

/// The running gateway as its supervisor holds it: the roles, and the descriptors that they are lent.
///
/// The way of a configuration: `run` → link (`guarded`: blackholes and filter stand) → `bringUpTunnels`: a TUN device
/// per tunnel to esp, the connections to ike. Before the first one, roles that an earlier supervisor has left are taken
/// over, and hand back what they were lent.
final class Gateway {
  /// What the supervisor is told.
  enum Event {
    /// IKE has something to say about a tunnel.
    case ikeReport(IKEReport)
    /// Counters of tunnels.
    case counters([TunnelTraffic])
    /// Packets of no tunnel that were dropped, by reason.
    case drops([String: UInt64])
    /// By which tunnels traffic leaves now, by site, and classes that leave by others than the rest, by site and class; and
    /// what has changed for sites that it went to before.
    case traffic(by: [String: [String]], ofClasses: [String: [String: [String]]], [TunnelSwitch])
    /// What the kernel and the routing daemons have.
    case observation(LinkObservation)
    /// The site's networks and those of these sites exchange traffic.
    case demand(sites: [String])
    /// The ike process has died; its successor is on the way.
    case ikeDied
    /// Something does not work.
    case fault(subject: String, Fault)
    /// It works again.
    case recovered(subject: String)
    /// After `stop`: the last role has ended.
    case stopped
  }

  /// Called with everything that happens.
  var onEvent: (Event) -> Void = { _ in }

  private let logger: Logger
  private let recoverySecret: SecretBytes
  private let netlink: RouteNetlink
  private let ike: RoleProcess<SupervisorToIKE, IKEToSupervisor>
  private let esp: RoleProcess<SupervisorToESP, ESPToSupervisor>
  private let link: RoleProcess<SupervisorToLink, LinkToSupervisor>
  private var configuration: SiteConfiguration?
  /// The revision whose blackholes and filter stand.
  private var guardedRevision: Int?
  /// The interfaces of the tunnels, by the tunnel's name.
  private var devices: [String: TUNDevice] = [:]
  private var sockets: [String: UplinkSockets] = [:]
  private var uplinks: [UplinkStatus] = []
  private var carriers = TunnelCarriers()
  private var activeTunnels = ActiveTunnels()
  /// What the kernel was told last, by name of the tunnel.
  private var installedCarriers: [String: Bool] = [:]
  /// What esp was told last.
  private var installedShares: [String: SiteShares]?
  /// The gateway's certificate; nil while there is none.
  private var credentials: SiteCredentials?
  /// What ike was told last.
  private var connections: [IKEConnection]?
  private let takeover: RoleTakeover

  /// A gateway whose roles do not run yet.
  init(_ settings: AgentSettings, loop: EventLoop, logger: Logger) throws {
    self.logger = logger
    netlink = try RouteNetlink()
    let directory = settings.stateDirectory
    recoverySecret = try RecoverySecret.load(directory: directory)
    ike = try RoleProcess(.ike, stateDirectory: directory, loop: loop, logger: logger)
    esp = try RoleProcess(.esp, stateDirectory: directory, loop: loop, logger: logger)
    let linkArguments = ["--role-state", directory, "--role-name", settings.name]
    link = try RoleProcess(.link, arguments: linkArguments, stateDirectory: directory, loop: loop, logger: logger)
    takeover = try RoleTakeover([.ike: ike, .esp: esp, .link: link], loop: loop)
    takeover.onCompletion = { [unowned self] in takenOver() }
    ike.onStart = { [unowned self] isReplacement in tellIKEEverything(isReplacement: isReplacement) }
    ike.onMessage = { [unowned self] message, descriptors in received(message, descriptors) }
    ike.onEnd = { [unowned self] cause in ended(.ike, cause) }
    esp.onStart = { [unowned self] isReplacement in tellESPEverything(isReplacement: isReplacement) }
    esp.onMessage = { [unowned self] message, descriptors in received(message, descriptors) }
    esp.onEnd = { [unowned self] cause in ended(.esp, cause) }
    link.onStart = { [unowned self] _ in tellLinkEverything() }
    link.onMessage = { [unowned self] message, _ in received(message) }
    link.onEnd = { [unowned self] cause in ended(.link, cause) }
  }

  // MARK: What the supervisor asks for

  /// Makes a configuration the one in force.
  func run(_ new: SiteConfiguration) {
    configuration = new
    takeover.begin()
    if takeover.isComplete { put(new) }
  }

  /// From now on proves its identity with this certificate: tunnels that stand are left alone.
  func use(_ new: SiteCredentials) {
    credentials = new
    ike.send(.credentials(new))
    configureIKE()
  }

  private func put(_ new: SiteConfiguration) {
    for name in Set(devices.keys).subtracting(new.tunnels.map(\.name)) {
      esp.send(.removeTunnel(name: name))
      devices[name] = nil
    }
    for name in Set(sockets.keys).subtracting(new.uplinks.map(\.name)) { closeSockets(name) }
    let settings = new.tunnelSettings
    for name in devices.keys.sorted() {
      if let settings = settings[name] { esp.send(.change(name: name, settings)) }
    }
    tellLinkEverything()
    link.start()
    esp.start()
    ike.start()
    openSockets()
  }

  /// After a restart of the agent: does not wait for peers that count on SAs which are gone.
  func takeOver() { ike.send(.takeOver) }

  /// Tries again what did not work the first time.
  func retry() {
    bringUpTunnels()
    openSockets()
  }

  /// Lets the roles end: peers are told, tunnels go, and blackholes stay unless the site is retired.
  func stop(retiring: Bool) {
    configuration = nil
    ike.stop(.stop)
    link.stop(retiring ? .retire : .stop)
    esp.stop(.stop)
    finishStop()
  }

  /// Ends the roles at once.
  func kill() {
    ike.kill()
    esp.kill()
    link.kill()
  }

  /// What an earlier supervisor has left is ours now.
  private func takenOver() {
    sockets = takeover.sockets.uplinks()
    if let configuration { put(configuration) }
  }

  // MARK: What the roles say

  private func received(_ message: IKEToSupervisor, _ descriptors: [FileDescriptor]) {
    switch message {
    case .ready(let program):
      ike.runs(program)
      takeover.settled(.ike)
    case .uplink(let name, let address):
      takeover.sockets.ike[name] = .init(address: address, descriptors: descriptors)
    case .reports(let reports):
      let changes = reports.map { carriers.received($0, at: Date()) }
      if changes.contains(true) { setCarriers() }
      for report in reports { onEvent(.ikeReport(report)) }
    }
  }

  private func received(_ message: ESPToSupervisor, _ descriptors: [FileDescriptor]) {
    switch message {
    case .ready(let program):
      esp.runs(program)
      takeover.settled(.esp)
    case .uplink(let name, let address):
      takeover.sockets.esp[name] = .init(address: address, descriptors: descriptors)
    case .tunnel(let name):
      if let descriptor = descriptors.first { devices[name] = TUNDevice(adopting: descriptor, name: name) }
    case .health(let tunnel, let health):
      carriers.heard(of: tunnel, health)
      setCarriers()
    case .classHealth(let tunnel, let poorFor):
      carriers.heard(of: tunnel, poorFor: poorFor)
      setCarriers()
    case .counters(let counters): onEvent(.counters(counters))
    case .drops(let drops): onEvent(.drops(drops))
    }
  }

  private func received(_ message: LinkToSupervisor) {
    switch message {
    case .ready(let program):
      link.runs(program)
      takeover.settled(.link)
    case .guarded(let revision):
      guardedRevision = revision
      bringUpTunnels()
    case .demand(let sites): onEvent(.demand(sites: sites))
    case .lineLost(let uplink):
      esp.send(.lineLost(uplink: uplink))
      carriers.lost(line: uplink)
      setCarriers()
    case .observed(let observation):
      uplinks = observation.uplinks
      carriers.observed(uplinks)
      setCarriers()
      openSockets()
      onEvent(.observation(observation))
    }
  }

  private func ended(_ role: Role, _ cause: String) {
    guard configuration != nil else { return finishStop() }
    takeover.settled(role)
    if role == .esp { carriers.espRestarted() }
    if role == .ike {
      carriers.ikeRestarted()
      onEvent(.ikeDied)
    }
    fault("role " + role.rawValue, .configuration, "the \(role) process died: \(cause)")
  }

  private func finishStop() {
    guard !ike.isRunning, !esp.isRunning, !link.isRunning else { return }
    devices = [:]
    sockets = [:]
    uplinks = []
    connections = nil
    credentials = nil
    guardedRevision = nil
    carriers = TunnelCarriers()
    activeTunnels = ActiveTunnels()
    installedCarriers = [:]
    installedShares = nil
    onEvent(.stopped)
  }

  private func fault(_ subject: String, _ stage: Stage, _ cause: String) {
    onEvent(.fault(subject: subject, Fault(stage: stage, cause: cause, at: Date())))
  }

  // MARK: What a new process is told

  private func tellIKEEverything(isReplacement: Bool) {
    for (name, opened) in sockets.sorted(by: { $0.key < $1.key }) {
      ike.send(.uplink(name: name, address: opened.address), descriptors: opened.forIKE)
    }
    introduceIKEToESP(espIsReplacement: false)
    if !isReplacement { ike.send(.initialContact) }
    if let credentials { ike.send(.credentials(credentials)) }
    ike.send(.recovery(secret: recoverySecret))
    connections = nil
    configureIKE()
    if isReplacement { ike.send(.takeOver) }
    onEvent(.recovered(subject: "role ike"))
  }

  private func tellESPEverything(isReplacement: Bool) {
    for (name, opened) in sockets.sorted(by: { $0.key < $1.key }) {
      esp.send(.uplink(name: name, address: opened.address), descriptors: opened.forESP)
    }
    for (name, device) in devices.sorted(by: { $0.key < $1.key }) { tellESP(of: name, device) }
    installedShares = nil
    tellShares()
    introduceIKEToESP(espIsReplacement: isReplacement)
    onEvent(.recovered(subject: "role esp"))
  }

  private func tellLinkEverything() {
    guard let configuration else { return }
    guardedRevision = nil
    link.send(.configure(configuration.withoutSecrets, mtus: configuration.tunnelMTUs))
    onEvent(.recovered(subject: "role link"))
  }

  private func tellESP(of tunnel: String, _ device: TUNDevice) {
    guard let settings = configuration?.tunnelSettings[tunnel] else { return }
    esp.send(.tunnel(name: tunnel, settings), descriptors: [device.descriptor])
  }

  /// Gives the two a channel of their own, over which keys and datagrams pass beside the supervisor.
  private func introduceIKEToESP(espIsReplacement: Bool) {
    guard ike.isRunning, esp.isRunning else { return }
    do {
      let (forIKE, forESP) = try MessageChannel.pair()
      esp.send(.ike, descriptors: [forESP.descriptor])
      ike.send(.esp(isReplacement: espIsReplacement), descriptors: [forIKE.descriptor])
    } catch {
      logger.error("ike and esp cannot talk", metadata: .fields([.cause: error]))
    }
  }

  // MARK: Tunnels and sockets

  /// Gives every tunnel its interface and starts IKE: only once nothing can leak beside them.
  private func bringUpTunnels() {
    guard let configuration, guardedRevision == configuration.revision else { return }
    for tunnel in configuration.tunnels where devices[tunnel.name] == nil {
      do {
        let device = try TUNDevice(creating: tunnel.interface)
        devices[tunnel.name] = device
        installedCarriers[tunnel.name] = nil
        tellESP(of: tunnel.name, device)
        onEvent(.recovered(subject: tunnel.interface))
      } catch {
        // A process of an earlier agent may hold it for a moment longer: it is tried again.
        fault(tunnel.interface, .interface, "\(error)")
      }
    }
    setCarriers()
    configureIKE()
  }

  /// Lets the kernel and the routing daemons know which tunnels can carry packets.
  private func setCarriers() {
    // Roles that have been taken over tell how things are before they are whole again.
    guard let configuration, takeover.isComplete else { return }
    for tunnel in configuration.tunnels {
      let wanted = carriers.hasCarrier(tunnel, among: configuration.tunnels)
      guard let device = devices[tunnel.name], installedCarriers[tunnel.name] != wanted else { continue }
      do {
        try device.setCarrier(wanted)
        if !wanted { try netlink.setDormant(interface: tunnel.interface) }
        installedCarriers[tunnel.name] = wanted
      } catch {
        fault(tunnel.interface, .interface, "\(error)")
      }
    }
    noticeSwitches(configuration)
  }

  private func noticeSwitches(_ configuration: SiteConfiguration) {
    let before = (activeTunnels.names, activeTunnels.classNames)
    let switches = activeTunnels.update(
      configuration.tunnels, classes: configuration.classes, carriers, at: Date())
    tellShares()
    let now = (activeTunnels.names, activeTunnels.classNames)
    if before != now { onEvent(.traffic(by: now.0, ofClasses: now.1, switches)) }
  }

  private func tellShares() {
    guard installedShares != activeTunnels.shares else { return }
    installedShares = activeTunnels.shares
    esp.send(.shares(activeTunnels.shares))
  }

  private func configureIKE() {
    guard let configuration, guardedRevision == configuration.revision else { return }
    let lines = TunnelLines(uplinks, sockets: sockets.mapValues(\.address))
    let ready = configuration.tunnels.filter { credentials != nil || $0.authentication.presharedKey != nil }
    let wanted = ready.compactMap { try? $0.connection(by: lines) }
    guard wanted != connections else { return }
    connections = wanted
    ike.send(.configure(wanted))
  }

  /// Opens the sockets of uplinks that have got an address, and closes those of uplinks that have lost theirs.
  private func openSockets() {
    guard configuration != nil, takeover.isComplete else { return }
    for uplink in uplinks {
      guard let address = uplink.address?.address else {
        closeSockets(uplink.name)
        continue
      }
      if sockets[uplink.name]?.address == address { continue }
      do {
        closeSockets(uplink.name)
        let opened = try UplinkSockets(address: address, interface: uplink.interface)
        sockets[uplink.name] = opened
        ike.send(.uplink(name: uplink.name, address: address), descriptors: opened.forIKE)
        esp.send(.uplink(name: uplink.name, address: address), descriptors: opened.forESP)
        onEvent(.recovered(subject: "uplink " + uplink.name))
      } catch {
        fault("uplink " + uplink.name, .reachability, "\(error)")
      }
    }
    configureIKE()
  }

  private func closeSockets(_ uplink: String) {
    guard sockets.removeValue(forKey: uplink) != nil else { return }
    ike.send(.removeUplink(name: uplink))
    esp.send(.removeUplink(name: uplink))
  }
}
