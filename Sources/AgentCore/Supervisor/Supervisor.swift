import ControlProtocol
import Foundation
import Glibc
import LinuxNetworking
import Logging
import Topology
import WireFormat

/// The agent's first process: holds the configuration, obeys the controller, and reports what the gateway observes.
///
/// The way of a configuration: `received` → checked → saved → accepted → `run` → `Gateway`.
public final class Supervisor {
  private let settings: AgentSettings
  private let logger: Logger
  private let loop: EventLoop
  private let store: ConfigurationStore
  private let lock: FileDescriptor
  private let gateway: Gateway
  private var certificates: CertificateKeeper
  private var history: SwitchHistory
  private var controller: ControllerConnection?
  private var retryTimer: EventTimer?
  private var statusTimer: EventTimer?
  private var takeOverTimer: EventTimer?
  private var farewellTimer: EventTimer?
  private var configuration: SiteConfiguration?
  /// Tunnels to other spokes that the controller has given for as long as there is traffic.
  private var shortcuts: [Tunnel] = []
  private var status: StatusAssembly?
  /// Whether a report is about to be sent.
  private var isStatusDue = false
  private var farewell: Farewell?

  /// Why the roles are being stopped.
  private enum Farewell {
    /// The agent ends.
    case exit
    /// The site is no longer part of the network.
    case retire
  }

  /// What the supervisor and the link role need of root's capabilities: neither they nor any program that they start can
  /// load a kernel module, trace a process, set the clock or reboot.
  ///
  /// Interfaces, UDP 500, protocol 50 and DHCP; roles and FRR's daemons become other users, and are ended as such; FRR's
  /// files are user frr's, and its daemons want `systemAdministration`.
  private static let capabilities: Set<Capability> = [
    .networkAdministration, .rawSockets, .bindLowPorts, .changeUser, .changeGroup, .limitCapabilities, .signalProcesses,
    .changeOwner, .accessFiles, .systemAdministration,
  ]

  /// Runs an agent until it is told to stop by SIGTERM or SIGINT.
  public static func run(_ settings: AgentSettings, logger: Logger) throws {
    try Privileges.limit(to: capabilities)
    OpenFiles.allowMost()
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
    certificates = CertificateKeeper(CredentialStore(directory: settings.stateDirectory).load())
    history = SwitchHistory(directory: settings.stateDirectory)
    gateway = try Gateway(settings, loop: loop, logger: logger)
    // Before any thread starts, as the signals are blocked for this one and those after it.
    try loop.onSignals([SIGTERM, SIGINT]) { [unowned self] _ in stop(.exit) }
    retryTimer = try loop.makeTimer { [unowned self] in retry() }
    statusTimer = try loop.makeTimer { [unowned self] in sendStatus() }
    takeOverTimer = try loop.makeTimer { [unowned self] in gateway.takeOver() }
    farewellTimer = try loop.makeTimer { [unowned self] in gateway.kill() }
    gateway.onEvent = { [unowned self] event in received(event) }
    controller = try ControllerConnection(identity: settings.identity, loop: loop, logger: logger)
    controller?.onConnect = { [unowned self] in sayHello() }
    controller?.onMessage = { [unowned self] message in received(message) }
  }

  private func start() {
    let loaded = store.load()
    for problem in loaded.problems { logger.error("\(problem)") }
    retryTimer?.schedule(after: .seconds(1))
    statusTimer?.schedule(after: .seconds(5))
    guard let configuration = loaded.configuration else { return logger.info("there is no configuration yet") }
    let problems = ConfigurationCheck(site: settings.identity.site, currentRevision: 0).problems(of: configuration)
    guard problems.isEmpty else {
      return logger.error("the saved configuration is not used", metadata: .fields([.cause: problems]))
    }
    run(configuration)
    // Time for peers that were started together with this gateway to open the conversation themselves.
    takeOverTimer?.schedule(after: .seconds(3))
  }

  // MARK: Configuration

  private func received(_ message: ControllerMessage) {
    switch message {
    case .configuration(let configuration): received(configuration)
    case .retire(let revision):
      logger.info("the site is retired", metadata: .fields([.revision: revision]))
      stop(.retire)
    case .authority(let certificate, let revocationList):
      keep { try $0.trust(certificate, revocationList) }
    case .shortcuts(let tunnels): received(shortcuts: tunnels)
    case .certificate(let certificate):
      keep { try $0.received(certificate, for: configuration?.certifiedIdentities ?? [], at: Date()) }
    }
  }

  /// Takes over what changes the gateway's certificates, once it is on disk; nil if that fails.
  @discardableResult
  private func keep<Value>(_ change: (inout CertificateKeeper) throws -> Value) -> Value? {
    do {
      var changed = certificates
      let value = try change(&changed)
      let isNew = changed.kept != certificates.kept
      if isNew { try CredentialStore(directory: settings.stateDirectory).save(changed.kept) }
      certificates = changed
      if isNew, let credentials = certificates.credentials { gateway.use(credentials) }
      return value
    } catch {
      logger.error("the gateway's certificate stays as it is", metadata: .fields([.cause: error]))
      return nil
    }
  }

  /// Asks for a certificate, if the one that there is does not do for the configuration.
  private func requestCertificate() {
    guard let identities = configuration?.certifiedIdentities, farewell == nil else { return }
    // The key is on disk before anybody hears of it.
    guard let request = keep({ try $0.request(for: identities, at: Date()) }) ?? nil else { return }
    logger.info("asking for a certificate")
    controller?.send(.certificateRequest(request))
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

  private func run(_ new: SiteConfiguration) {
    logger.info("configuration in force", metadata: .fields([.revision: new.revision, .count: new.tunnels.count]))
    configuration = new
    // Those that the revision leaves no room for come anew, as others.
    shortcuts = new.compatible(shortcuts)
    if let credentials = certificates.credentials { gateway.use(credentials) }
    runEverything()
    requestCertificate()
  }

  /// Takes tunnels up and down that are there on demand; what the configuration itself says is not touched.
  private func received(shortcuts new: [Tunnel]) {
    guard let configuration, farewell == nil, new != shortcuts else { return }
    let check = ConfigurationCheck(site: settings.identity.site, currentRevision: configuration.revision)
    let problems = check.problems(of: configuration.with(new))
    guard problems.isEmpty else {
      return logger.error("shortcuts refused", metadata: .fields([.cause: problems]))
    }
    logger.info("shortcuts in force", metadata: .fields([.count: new.count]))
    shortcuts = new
    runEverything()
  }

  private func runEverything() {
    guard let everything = configuration?.with(shortcuts) else { return }
    if status == nil {
      status = StatusAssembly(everything)
      status?.switches = history.switches
    }
    status?.configured(everything)
    gateway.run(everything)
    statusChanged()
  }

  private func retry() {
    retryTimer?.schedule(after: .seconds(1))
    if farewell == nil { gateway.retry() }
  }

  // MARK: What the gateway observes

  private func received(_ event: Gateway.Event) {
    switch event {
    case .ikeReport(let report): status?.received(report, at: Date())
    case .traffic(let tunnels, let ofClasses, let switches):
      status?.activeTunnels = tunnels
      status?.classTunnels = ofClasses
      moved(switches)
    case .counters(let counters):
      status?.received(counters)
      // Counters always change: they wait for the next report.
      return
    case .drops(let drops):
      status?.received(drops: drops)
      return
    case .demand(let sites):
      controller?.send(.demand(sites: sites))
      return
    case .observation(let observation): status?.received(observation)
    case .ikeDied: status?.ikeRestarted()
    case .fault(let subject, let fault):
      logger.error("\(subject): \(fault.cause)")
      status?.faults[subject] = fault
    case .recovered(let subject):
      guard status?.faults.removeValue(forKey: subject) != nil else { return }
    case .stopped: return finishFarewell()
    }
    statusChanged()
  }

  private func moved(_ switches: [TunnelSwitch]) {
    for change in switches {
      let way = change.to.isEmpty ? "no tunnel" : change.to.joined(separator: ", ")
      let traffic = change.trafficClass.map { "traffic of class \($0)" } ?? "traffic"
      logger.notice("\(traffic) to \(change.peerSite) moves to \(way)", metadata: .fields([.cause: change.cause]))
      do {
        try history.append(change)
      } catch {
        logger.error("a switch is not kept", metadata: .fields([.cause: error]))
      }
    }
    status?.switches = history.switches
  }

  /// Tells who is there, and goes on with reports: soon, or without a configuration with the next hello.
  private func sayHello() {
    let revision = configuration?.revision ?? 0
    controller?.send(.hello(site: settings.identity.site, version: settings.version, revision: revision))
    if configuration == nil { statusTimer?.schedule(after: .seconds(5)) } else { statusChanged() }
  }

  /// Tells the controller soon: a burst of changes becomes one report.
  private func statusChanged() {
    guard !isStatusDue else { return }
    isStatusDue = true
    statusTimer?.schedule(after: .milliseconds(100))
  }

  private func sendStatus() {
    isStatusDue = false
    // Without a configuration the hello is the sign of life; it also has a refused connection tried again.
    guard let status, configuration != nil else { return sayHello() }
    let report = status.status(agentVersion: settings.version, at: Date(), now: SystemClock.now)
    controller?.send(.status(report))
    requestCertificate()
    StatusFile.write(report, directory: settings.stateDirectory)
    // At least this often, so that silence means trouble.
    statusTimer?.schedule(after: .seconds(5))
  }

  // MARK: The end

  private func stop(_ reason: Farewell) {
    guard farewell == nil else { return }
    logger.info("stopping")
    farewell = reason
    farewellTimer?.schedule(after: .seconds(10))
    gateway.stop(retiring: reason == .retire)
  }

  /// When the last role has ended, so does the agent; or, retired, it waits for another configuration.
  private func finishFarewell() {
    guard let reason = farewell else { return }
    guard reason == .retire else { return loop.stop() }
    farewellTimer?.schedule(at: nil)
    store.removeAll()
    CredentialStore(directory: settings.stateDirectory).remove()
    certificates = CertificateKeeper(KeptCredentials())
    history.removeAll()
    StatusFile.remove(directory: settings.stateDirectory)
    configuration = nil
    shortcuts = []
    status = nil
    farewell = nil
  }
}
