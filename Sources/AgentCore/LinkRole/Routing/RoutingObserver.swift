import LinuxNetworking
import Routing
import Topology

/// What the routing daemons are known to have.
struct RoutingState: Equatable, Sendable {
  /// The neighbours of the routing protocol; nil while the daemon has not answered.
  var neighbours: [RoutingNeighbour]?

  /// Why there is no neighbour on an interface to learn routes from; nil if there is one.
  func fault(on interface: String) -> String? {
    guard let neighbours else { return "the routing daemon does not answer" }
    let here = neighbours.filter { $0.interface == interface }
    if here.contains(where: \.isAdjacent) { return nil }
    guard let neighbour = here.first else { return "no routing neighbour on \(interface)" }
    return "the routing neighbour \(neighbour.address) on \(interface) is only \(neighbour.state)"
  }
}

/// Runs a site's routing daemons and asks them, again and again, whom they have found.
final class RoutingObserver {
  /// Called when there is something new.
  var onChange: () -> Void = {}
  /// What the daemons said last.
  private(set) var state = RoutingState()

  private let instance: FRRInstance
  private var configuration: SiteConfiguration?
  private var isAsking = false
  /// The kernel's numbers of the tunnel interfaces that the daemons know, by name.
  private var knownIndexes: [String: Int32] = [:]
  private var lonely = LonelyInterfaces()

  init(_ instance: FRRInstance) {
    self.instance = instance
    instance.onChange = { [unowned self] in onChange() }
  }

  /// What keeps routing from working as a whole.
  var faults: [LinkFault] { instance.faults.map { LinkFault(stage: .routing, cause: $0) } }

  /// Makes the daemons run what a site's configuration asks for.
  func run(_ configuration: SiteConfiguration) {
    self.configuration = configuration
    let wanted = FRRConfiguration(configuration)
    instance.run(daemons: wanted.daemons.map(\.rawValue), configuration: wanted.text)
  }

  /// Takes note of the kernel's numbers of the tunnel interfaces.
  ///
  /// FRR 8.4's eigrpd does not take up an interface that has gone and come back under its name: it is started anew.
  func saw(_ indexes: [String: Int32], in configuration: SiteConfiguration) {
    guard case .eigrp = configuration.routing.routingProtocol else { return }
    let daemon = FRRDaemon.eigrpd.rawValue
    if self.configuration == nil, instance.isRunning(daemon) {
      // A daemon that an earlier link role has left may know interfaces that have gone since.
      for tunnel in configuration.tunnels where indexes[tunnel.interface] == nil { knownIndexes[tunnel.interface] = 0 }
    }
    if indexes.contains(where: { knownIndexes[$0.key] ?? $0.value != $0.value }) { instance.restart(daemon) }
    knownIndexes.merge(indexes) { _, new in new }
  }

  /// Starts daemons that have died.
  func watch() { if configuration != nil { instance.watch() } }

  /// Asks the daemons for their neighbours.
  func ask() {
    guard let configuration else { return }
    guard !isAsking, let question = question(for: configuration.routing.routingProtocol) else { return }
    isAsking = true
    instance.ask(question.rawValue) { [weak self] answer in self?.received(answer, to: question) }
  }

  func stop() { instance.stop() }
  func removeFiles() { instance.removeFiles() }

  private func question(for routingProtocol: RoutingConfiguration.RoutingProtocol) -> FRRQuestion? {
    switch routingProtocol {
    case .static: nil
    case .ospf: .ospfNeighbours
    case .eigrp: .eigrpNeighbours
    }
  }

  private func received(_ answer: String?, to question: FRRQuestion) {
    isAsking = false
    var new = RoutingState()
    if let answer {
      new.neighbours =
        question == .eigrpNeighbours ? FRRAnswer.eigrpNeighbours(answer) : try? FRRAnswer.ospfNeighbours(answer)
    }
    if question == .eigrpNeighbours, let neighbours = new.neighbours { restartWhereStuck(besides: neighbours) }
    guard new != state else { return }
    state = new
    onChange()
  }

  /// Starts eigrpd anew when it hears a peer that does not become a neighbour.
  ///
  /// It is killed, because a goodbye would leave routes through a neighbour that is gone in the peer's FRR 8.4.
  private func restartWhereStuck(besides neighbours: [RoutingNeighbour]) {
    let accompanied = Set(neighbours.filter(\.isAdjacent).map(\.interface))
    let overdue = lonely.overdue(Array(knownIndexes.keys), accompanied: accompanied, now: SystemClock.now)
    if overdue.isEmpty { return }
    instance.ask(FRRQuestion.eigrpInterfaces.rawValue) { [weak self] answer in
      let peers = FRRAnswer.eigrpPeers(answer ?? "")
      if overdue.contains(where: { peers[$0] ?? 0 > 0 }) { self?.instance.kill(FRRDaemon.eigrpd.rawValue) }
    }
  }
}
