import ControlProtocol
import Foundation
import Glibc
import IKE
import LinuxNetworking
import Logging
import Topology
import WireFormat

/// The agent's first process: holds the configuration and the descriptors, and keeps the roles running.
///
/// The way of a configuration: `received` → checked → saved → accepted → `run` → link (`guarded`: blackholes and filter
/// stand) → `bringUpTunnels`: a TUN device per tunnel to esp, the connections to ike.
public final class Supervisor {
  private let settings: AgentSettings
  private let logger: Logger
  private let loop: EventLoop
  private let store: ConfigurationStore
  private let lock: FileDescriptor
  private let ike: RoleProcess<SupervisorToIKE, IKEToSupervisor>
  private let esp: RoleProcess<SupervisorToESP, ESPToSupervisor>
  private let link: RoleProcess<SupervisorToLink, LinkToSupervisor>
  private var controller: ControllerConnection?
  private var housekeeping: EventTimer?
  private var statusTimer: EventTimer?
  private var farewellTimer: EventTimer?

  private var configuration: SiteConfiguration?
  private var status: StatusAssembly?
  /// The revision whose blackholes and filter stand.
  private var guardedRevision: Int?
  /// The interfaces of the tunnels, by the tunnel's name.
  private var devices: [String: TUNDevice] = [:]
  private var sockets: [String: UplinkSockets] = [:]
  private var uplinks: [UplinkStatus] = []
  private var connections: [IKEConnection]?
  private var farewell: Farewell?

  /// Why the roles are being stopped.
  private enum Farewell {
    /// The agent ends.
    case exit
    /// The site is no longer part of the network.
    case retire
  }

  /// Runs an agent until it is told to stop by SIGTERM or SIGINT.
  public static func run(_ settings: AgentSettings, logger: Logger) throws {
    let supervisor = try Supervisor(settings, logger: logger)
    supervisor.start()
    try supervisor.loop.run()
  }

  private init(_ settings: AgentSettings, logger: Logger) throws {
    self.settings = settings
    self.logger = logger
    loop = try EventLoop()
    try DurableFile.makeDirectory(settings.stateDirectory)
    lock = try StateLock.take(settings.stateDirectory)
    store = ConfigurationStore(directory: settings.stateDirectory)
    ike = try RoleProcess(.ike, loop: loop, logger: logger)
    esp = try RoleProcess(.esp, loop: loop, logger: logger)
    link = try RoleProcess(
      .link, arguments: ["--role-state", settings.stateDirectory, "--role-name", settings.name], loop: loop,
      logger: logger)
    // Before any thread starts, as the signals are blocked for this one and those after it.
    try loop.onSignals([SIGTERM, SIGINT]) { [unowned self] _ in stop(.exit) }
    housekeeping = try loop.makeTimer { [unowned self] in keepHouse() }
    statusTimer = try loop.makeTimer { [unowned self] in sendStatus() }
    connectRoles()
    controller = try ControllerConnection(identity: settings.identity, loop: loop, logger: logger)
    controller?.onConnect = { [unowned self] in sayHello() }
    controller?.onMessage = { [unowned self] message in received(message) }
  }

  private func connectRoles() {
    ike.onStart = { [unowned self] isReplacement in tellIKEEverything(isReplacement: isReplacement) }
    ike.onMessage = { [unowned self] message in received(message) }
    ike.onEnd = { [unowned self] cause in ended(.ike, cause) }
    esp.onStart = { [unowned self] isReplacement in tellESPEverything(isReplacement: isReplacement) }
    esp.onMessage = { [unowned self] message in received(message) }
    esp.onEnd = { [unowned self] cause in ended(.esp, cause) }
    link.onStart = { [unowned self] _ in tellLinkEverything() }
    link.onMessage = { [unowned self] message in received(message) }
    link.onEnd = { [unowned self] cause in ended(.link, cause) }
  }

  private func start() {
    let loaded = store.load()
    for problem in loaded.problems { logger.error("\(problem)") }
    housekeeping?.schedule(after: .seconds(1))
    statusTimer?.schedule(after: .seconds(5))
    guard let configuration = loaded.configuration else { return logger.info("there is no configuration yet") }
    let problems = ConfigurationCheck(site: settings.identity.site, currentRevision: 0).problems(of: configuration)
    guard problems.isEmpty else {
      return logger.error("the saved configuration is not used", metadata: .fields([.cause: problems]))
    }
    run(configuration)
  }

  // MARK: Configuration

  private func received(_ message: ControllerMessage) {
    switch message {
    case .configuration(let configuration): received(configuration)
    case .retire(let revision):
      logger.info("the site is retired", metadata: .fields([.revision: revision]))
      stop(.retire)
    }
  }

  private func received(_ new: SiteConfiguration) {
    let check = ConfigurationCheck(site: settings.identity.site, currentRevision: configuration?.revision ?? 0)
    var problems = farewell == nil ? check.problems(of: new) : ["the agent is stopping"]
    do {
      if problems.isEmpty, new != configuration { try store.save(new) }
    } catch {
      problems = ["it cannot be saved: \(error)"]
    }
    guard problems.isEmpty else {
      logger.error("configuration refused", metadata: .fields([.revision: new.revision, .cause: problems]))
      controller?.send(.refused(revision: new.revision, reason: problems.joined(separator: "; ")))
      return
    }
    controller?.send(.accepted(revision: new.revision))
    if new != configuration { run(new) }
  }

  /// Makes a configuration the one in force.
  private func run(_ new: SiteConfiguration) {
    logger.info("configuration in force", metadata: .fields([.revision: new.revision, .count: new.tunnels.count]))
    configuration = new
    if status == nil { status = StatusAssembly(new) }
    status?.configured(new)
    removeWhatIsGone()
    link.start()
    esp.start()
    ike.start()
    tellLinkEverything()
    statusChanged()
  }

  private func removeWhatIsGone() {
    guard let configuration else { return }
    for name in Set(devices.keys).subtracting(configuration.tunnels.map(\.name)) {
      esp.send(.removeTunnel(name: name))
      devices[name] = nil
    }
    for name in Set(sockets.keys).subtracting(configuration.uplinks.map(\.name)) { closeSockets(name) }
  }

  /// Gives every tunnel its interface and starts IKE: only once nothing can leak beside them.
  private func bringUpTunnels() {
    guard let configuration, guardedRevision == configuration.revision, farewell == nil else { return }
    for tunnel in configuration.tunnels where devices[tunnel.name] == nil {
      do {
        let device = try TUNDevice(creating: tunnel.interface)
        devices[tunnel.name] = device
        tellESP(of: tunnel, device)
        status?.faults[tunnel.interface] = nil
      } catch {
        // A process of an earlier agent may hold it for a moment longer: housekeeping tries again.
        fault(tunnel.interface, Fault(stage: .interface, cause: "\(error)", at: Date()))
      }
    }
    configureIKE()
  }

  private func configureIKE() {
    guard let configuration, guardedRevision == configuration.revision else { return }
    let wanted = configuration.tunnels.compactMap { tunnel in
      try? tunnel.connection(localAddress: sockets[tunnel.uplink]?.address)
    }
    guard wanted != connections else { return }
    connections = wanted
    ike.send(.configure(wanted))
  }

  // MARK: What the roles say

  private func received(_ message: IKEToSupervisor) {
    switch message {
    case .ready, .drops: break
    case .report(let report):
      status?.received(report, at: Date())
      statusChanged()
    }
  }

  private func received(_ message: ESPToSupervisor) {
    switch message {
    case .ready, .drops: break
    case .counters(let counters): status?.received(counters)
    }
  }

  private func received(_ message: LinkToSupervisor) {
    switch message {
    case .ready: break
    case .guarded(let revision):
      guardedRevision = revision
      bringUpTunnels()
    case .observed(let observation):
      uplinks = observation.uplinks
      openSockets()
      status?.received(observation)
      statusChanged()
    }
  }

  private func ended(_ role: Role, _ cause: String) {
    if farewell != nil { return finishFarewell() }
    if role == .ike { status?.ikeRestarted() }
    fault(
      "role " + role.rawValue, Fault(stage: .configuration, cause: "the \(role) process died: \(cause)", at: Date()))
  }

  // MARK: What a new process is told

  private func tellIKEEverything(isReplacement: Bool) {
    for (name, opened) in sockets.sorted(by: { $0.key < $1.key }) {
      ike.send(.uplink(name: name, address: opened.address), descriptors: opened.forIKE)
    }
    introduceIKEToESP(espIsReplacement: false)
    connections = nil
    configureIKE()
    if isReplacement { ike.send(.takeOver) }
    status?.faults["role ike"] = nil
  }

  private func tellESPEverything(isReplacement: Bool) {
    for (name, opened) in sockets.sorted(by: { $0.key < $1.key }) {
      esp.send(.uplink(name: name, address: opened.address), descriptors: opened.forESP)
    }
    for tunnel in configuration?.tunnels ?? [] {
      if let device = devices[tunnel.name] { tellESP(of: tunnel, device) }
    }
    introduceIKEToESP(espIsReplacement: isReplacement)
    status?.faults["role esp"] = nil
  }

  private func tellLinkEverything() {
    guard let configuration else { return }
    guardedRevision = nil
    link.send(.configure(configuration.withoutSecrets, mtus: configuration.tunnelMTUs))
    status?.faults["role link"] = nil
  }

  private func tellESP(of tunnel: Tunnel, _ device: TUNDevice) {
    let mtu = configuration?.tunnelMTUs[tunnel.name] ?? 1280
    esp.send(.tunnel(name: tunnel.name, mtu: mtu), descriptors: [device.descriptor])
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

  // MARK: Sockets

  /// Opens the sockets of uplinks that have got an address, and closes those of uplinks that have lost theirs.
  private func openSockets() {
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
        status?.faults["uplink " + uplink.name] = nil
      } catch {
        fault("uplink " + uplink.name, Fault(stage: .reachability, cause: "\(error)", at: Date()))
      }
    }
    configureIKE()
  }

  private func closeSockets(_ uplink: String) {
    guard sockets.removeValue(forKey: uplink) != nil else { return }
    ike.send(.removeUplink(name: uplink))
    esp.send(.removeUplink(name: uplink))
  }

  // MARK: Status

  /// Tells who is there, and goes on with reports: soon, or without a configuration with the next hello.
  private func sayHello() {
    let revision = configuration?.revision ?? 0
    controller?.send(.hello(site: settings.identity.site, version: settings.version, revision: revision))
    if configuration == nil { statusTimer?.schedule(after: .seconds(5)) } else { statusChanged() }
  }

  private func fault(_ subject: String, _ fault: Fault) {
    logger.error("\(subject): \(fault.cause)")
    status?.faults[subject] = fault
    statusChanged()
  }

  /// Tells the controller soon: a burst of changes becomes one report.
  private func statusChanged() { statusTimer?.schedule(after: .milliseconds(100)) }

  private func sendStatus() {
    // Without a configuration the hello is the sign of life; it also has a refused connection tried again.
    guard let status, configuration != nil else { return sayHello() }
    let report = status.status(agentVersion: settings.version, at: Date(), now: SystemClock.now)
    controller?.send(.status(report))
    StatusFile.write(report, directory: settings.stateDirectory)
    // At least this often, so that silence means trouble.
    statusTimer?.schedule(after: .seconds(5))
  }

  /// Tries again what did not work the first time.
  private func keepHouse() {
    housekeeping?.schedule(after: .seconds(1))
    guard farewell == nil, configuration != nil else { return }
    bringUpTunnels()
    openSockets()
  }

  // MARK: The end

  /// Stops the roles in the order that keeps traffic from leaking: peers are told, tunnels go, blackholes stay.
  private func stop(_ reason: Farewell) {
    guard farewell == nil else { return }
    farewell = reason
    logger.info("stopping")
    ike.stop(.stop)
    link.stop(reason == .retire ? .retire : .stop)
    esp.stop(.stop)
    farewellTimer = try? loop.makeTimer { [unowned self] in
      ike.kill()
      esp.kill()
      link.kill()
    }
    farewellTimer?.schedule(after: .seconds(10))
    finishFarewell()
  }

  /// When the last role has ended, so does the agent; or, retired, it waits for another configuration.
  private func finishFarewell() {
    guard let farewell, !ike.isRunning, !esp.isRunning, !link.isRunning else { return }
    devices = [:]
    sockets = [:]
    guard farewell == .retire else { return loop.stop() }
    store.removeAll()
    self.farewell = nil
    farewellTimer = nil
    configuration = nil
    status = nil
    connections = nil
  }
}
