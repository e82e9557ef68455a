import ControlProtocol
import Foundation
import LinuxNetworking
import Logging
import Topology
import WireFormat

/// The link process: makes the kernel and FRR what the configuration says, keeps them so, and reports what they are.
///
/// Whatever happens – a configuration, a lease, a change that the kernel tells of – ends in `reconcile`: read back,
/// plan, apply, report.
public final class LinkRole {
  private let loop: EventLoop
  private let supervisor: SupervisorChannel<LinkToSupervisor, SupervisorToLink>
  private let logger: Logger
  private let stateDirectory: String
  private let kernel: Kernel
  private let monitor: NetlinkMonitor
  private let leases: LeaseFile
  private let routing: RoutingObserver
  private let demand: DemandObserver
  private var reconcileTimer: EventTimer?
  private var pollTimer: EventTimer?
  private var watchTimer: EventTimer?
  private var settlingTimer: EventTimer?

  private var configuration: SiteConfiguration?
  private var mtus: [String: Int] = [:]
  private var clients: [String: DHCPClient] = [:]
  private var desired = DesiredKernelState.nothing
  /// Interfaces that were up at some time, by the kernel's number: an operator who takes one down knows why.
  private var onceUp: Set<Int32> = []
  private var installedGuard: ClearTextGuard?
  private var shapers = LineShapers()
  private var settling = SettlingTunnels()
  private var isGuardReported = false
  private var reported: LinkObservation?

  /// Runs the process until a supervisor stops it; without one it goes on. What it has set up stays.
  public static func run(stateDirectory: String, name: String, logger: Logger) throws {
    let loop = try EventLoop()
    let role = try LinkRole(
      supervisor: .inherited(loop: loop, logger: logger), loop: loop, stateDirectory: stateDirectory, name: name,
      logger: logger)
    role.supervisor.send(.ready(program: .current))
    try loop.run()
  }

  private init(
    supervisor: SupervisorChannel<LinkToSupervisor, SupervisorToLink>, loop: EventLoop, stateDirectory: String,
    name: String, logger: Logger
  ) throws {
    self.supervisor = supervisor
    self.loop = loop
    self.logger = logger
    self.stateDirectory = stateDirectory
    kernel = try Kernel()
    monitor = try NetlinkMonitor()
    leases = LeaseFile(directory: stateDirectory)
    routing = RoutingObserver(FRRInstance(name: name, loop: loop, logger: logger))
    demand = try DemandObserver(loop: loop, logger: logger)
    reconcileTimer = try loop.makeTimer { [unowned self] in reconcile() }
    pollTimer = try loop.makeTimer { [unowned self] in poll() }
    watchTimer = try loop.makeTimer { [unowned self] in watchDaemons() }
    settlingTimer = try loop.makeTimer { [unowned self] in reconcile() }
    supervisor.onMessage = { [unowned self] message, _ in received(message) }
    supervisor.onReturn = { [unowned self] in
      reported = nil
      supervisor.send(.ready(program: .current))
    }
    supervisor.onEnd = { loop.stop() }
    routing.onChange = { [unowned self] in soon() }
    demand.onDemand = { [unowned self] sites in self.supervisor.send(.demand(sites: sites)) }
    try loop.watch(monitor.descriptor) { [unowned self] in receiveNews() }
  }

  private func received(_ message: SupervisorToLink) {
    switch message {
    case .configure(let configuration, let mtus): configure(configuration, mtus)
    case .stop: stop()
    case .retire: retire()
    }
  }

  // MARK: What sets it going

  private func configure(_ configuration: SiteConfiguration, _ mtus: [String: Int]) {
    self.configuration = configuration
    self.mtus = mtus
    isGuardReported = false
    reconcile()
    routing.run(configuration)
    runClients(for: configuration)
    demand.run(configuration)
    watchDaemons()
    poll()
  }

  private func receiveNews() {
    guard let events = try? monitor.receive(), !events.isEmpty else { return }
    tellOfLostLines(events)
    // What else has changed does not matter: everything is read anew.
    soon()
    // Routes come and go with neighbours.
    pollTimer?.schedule(after: .milliseconds(200))
  }

  private func tellOfLostLines(_ events: [NetlinkEvent]) {
    for event in events {
      guard case .link(let link) = event, !link.isUp || !link.hasCarrier else { continue }
      for uplink in configuration?.uplinks ?? [] where uplink.interface == link.name {
        supervisor.send(.lineLost(uplink: uplink.name))
        // Should the line be back by then, the supervisor has to hear of it.
        reported = nil
      }
    }
  }

  /// A burst of changes is answered once.
  private func soon() { reconcileTimer?.schedule(after: .milliseconds(20)) }

  /// Looks for daemons that have died: they are not our children, or not any more, so nobody tells.
  private func watchDaemons() {
    routing.watch()
    watchTimer?.schedule(after: .milliseconds(250))
  }

  /// Asks for what nobody tells of by itself: the daemons' neighbours.
  private func poll() {
    routing.ask()
    let isSettled = reported?.tunnels.allSatisfy(\.hasRoutingNeighbour) ?? false
    pollTimer?.schedule(after: isSettled ? .seconds(3) : .milliseconds(500))
  }

  private func runClients(for configuration: SiteConfiguration) {
    let leased = configuration.uplinks.filter { $0.addressing == .dhcp }
    clients = clients.filter { name, _ in leased.contains { $0.name == name } }
    for uplink in leased where clients[uplink.name] == nil {
      do {
        let client = try DHCPClient(
          interface: uplink.interface, directory: stateDirectory, loop: loop, logger: logger)
        client.onLease = { [unowned self] lease in
          leases[uplink.name] = lease
          soon()
        }
        clients[uplink.name] = client
        client.start()
      } catch {
        logger.error("no DHCP client", metadata: .fields([.uplink: uplink.name, .cause: error]))
      }
    }
  }

  // MARK: Reconciling

  private func reconcile() {
    guard let configuration else { return }
    do {
      let previous = desired
      let before = try kernel.observe()
      desired = DesiredKernelState(
        configuration, mtus: mtus, leases: leases.leases, settling: unsettled(configuration, before))
      var faults = becomeRouter(configuration, before) + installGuard(configuration)
      let plan = KernelPlan(from: before, to: desired, previous: previous, onceUp: onceUp)
      faults += kernel.apply(plan).map { LinkFault(stage: .interface, cause: $0) }
      let observed = try kernel.observe()
      faults += shapers.update(configuration, observed)
      onceUp.formUnion(observed.interfaces.values.filter(\.isUp).map(\.index))
      routing.saw(observed.indexes(of: configuration.tunnels.map(\.interface)), in: configuration)
      report(
        LinkObserver(configuration, mtus: mtus, observed).observation(
          leases: leases.leases, routing: routing.state, faults: faults + routing.faults))
      // After the uplinks' addresses, so that IKE finds its sockets when it starts.
      reportGuard(configuration, observed)
    } catch {
      logger.error("cannot reconcile", metadata: .fields([.cause: error]))
      reconcileTimer?.schedule(after: .seconds(1))
    }
  }

  /// The tunnels that have not settled; looks again when the next one has.
  private func unsettled(_ configuration: SiteConfiguration, _ observed: ObservedKernelState) -> Set<String> {
    let now = SystemClock.now
    defer { if let next = settling.nextChange { settlingTimer?.schedule(after: now.duration(to: next)) } }
    return settling.update(configuration.tunnels, observed, at: now)
  }

  private func becomeRouter(_ configuration: SiteConfiguration, _ observed: ObservedKernelState) -> [LinkFault] {
    let tunnels = configuration.tunnels.map(\.interface).filter { observed.interfaces[$0] != nil }
    let uplinks = configuration.uplinks.map(\.interface).filter { observed.interfaces[$0] != nil }
    return ForwardingSwitches.turnOn(tunnelInterfaces: tunnels, uplinkInterfaces: uplinks)
      .map { LinkFault(stage: .interface, cause: $0) }
  }

  /// Puts up the packet filter, if it is not the one that stands.
  private func installGuard(_ configuration: SiteConfiguration) -> [LinkFault] {
    let wanted = ClearTextGuard(configuration)
    guard wanted != installedGuard else { return [] }
    do {
      try wanted.install()
      installedGuard = wanted
      return []
    } catch {
      installedGuard = nil
      reconcileTimer?.schedule(after: .seconds(1))
      return [LinkFault(stage: .interface, cause: "the clear text filter does not stand: \(error)")]
    }
  }

  /// Lets tunnels come up once filter and blackholes are seen to stand (DESIGN.md section 5, invariant 2).
  private func reportGuard(_ configuration: SiteConfiguration, _ observed: ObservedKernelState) {
    let blackholes = Set(observed.routes.filter { $0.target == .blackhole }.map(\.destination))
    guard !isGuardReported, installedGuard != nil, blackholes.isSuperset(of: desired.blackholes) else { return }
    isGuardReported = true
    supervisor.send(.guarded(revision: configuration.revision))
  }

  private func report(_ observation: LinkObservation) {
    guard observation != reported else { return }
    reported = observation
    supervisor.send(.observed(observation))
  }

  // MARK: The end

  /// Ends with filter, blackholes and addresses in place.
  private func stop() {
    clients = [:]
    routing.stop()
    loop.stop()
  }

  /// Ends with nothing left.
  private func retire() {
    clients = [:]
    routing.stop()
    routing.removeFiles()
    demand.stop()
    leases.remove()
    shapers.remove()
    do {
      let faults = kernel.apply(KernelPlan(from: try kernel.observe(), to: .nothing, previous: desired))
      for fault in faults { logger.error("not removed", metadata: .fields([.cause: fault])) }
      try ClearTextGuard.remove()
    } catch {
      logger.error("not everything is removed", metadata: .fields([.cause: error]))
    }
    loop.stop()
  }
}
