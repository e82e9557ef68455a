import LinuxNetworking
import Routing
import Topology
import WireFormat

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
    let name = neighbour.address.map { " \($0)" } ?? ""
    return "the routing neighbour\(name) on \(interface) is only \(neighbour.state)"
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
  /// The kernel's numbers of the tunnel interfaces that are there, by name.
  private var interfaces: [String: Int32] = [:]
  private var eigrpWatch = EIGRPWatch()

  init(_ instance: FRRInstance) {
    self.instance = instance
    instance.onChange = { [unowned self] in onChange() }
  }

  /// What keeps routing from working as a whole.
  var faults: [LinkFault] { instance.faults.map { LinkFault(stage: .routing, cause: $0) } }

  /// Makes the daemons run what a site's configuration asks for.
  func run(_ configuration: SiteConfiguration) {
    self.configuration = configuration
    eigrpWatch.patience = EIGRPWatch.patience(for: configuration.tunnels)
    instance.run(FRRConfiguration(configuration, interfaces: interfaces))
  }

  /// Takes note of the kernel's numbers of the tunnel interfaces, which EIGRP waits for.
  func saw(_ interfaces: [String: Int32], in configuration: SiteConfiguration) {
    guard interfaces != self.interfaces else { return }
    self.interfaces = interfaces
    if self.configuration == configuration { run(configuration) }
  }

  /// Starts daemons that have died.
  func watch() { if configuration != nil { instance.watch() } }

  /// Asks the daemons for their neighbours.
  func ask() {
    guard let configuration, !isAsking else { return }
    let routingProtocol = configuration.routing.routingProtocol
    let questions = questions(for: routingProtocol)
    if questions.isEmpty { return }
    isAsking = true
    instance.ask(questions) { [weak self] answer in self?.received(answer, of: routingProtocol) }
  }

  func stop() { instance.stop() }
  func removeFiles() { instance.removeFiles() }

  private func questions(for routingProtocol: RoutingConfiguration.RoutingProtocol) -> [FRRQuestion] {
    switch routingProtocol {
    case .static: []
    case .ospf: [.ospfNeighbours]
    case .bgp: [.bgpNeighbours]
    case .eigrp: [.eigrpNeighbours, .eigrpInterfaces, .eigrpTopology]
    }
  }

  private func received(_ answer: String?, of routingProtocol: RoutingConfiguration.RoutingProtocol) {
    isAsking = false
    var new = RoutingState()
    if let answer {
      switch routingProtocol {
      case .static: break
      case .ospf: new.neighbours = try? FRRAnswer.ospfNeighbours(answer)
      case .bgp: new.neighbours = try? FRRAnswer.bgpNeighbours(answer, interfaces: interfacesByPeer)
      case .eigrp:
        new.neighbours = FRRAnswer.eigrpNeighbours(answer)
        restartIfStuck(answer)
      }
    }
    guard new != state else { return }
    state = new
    onChange()
  }

  private var interfacesByPeer: [IPAddress: String] {
    let peers = (configuration?.tunnels ?? []).compactMap { tunnel -> (IPAddress, String)? in
      guard case .numbered(_, let peer) = tunnel.addressing else { return nil }
      return (peer, tunnel.interface)
    }
    return Dictionary(peers) { first, _ in first }
  }

  private func restartIfStuck(_ answer: String) {
    let faults = EIGRPWatch.faults(
      neighbours: FRRAnswer.eigrpNeighbours(answer), peers: FRRAnswer.eigrpPeers(answer),
      nextHops: FRRAnswer.eigrpNextHops(answer))
    if let fault = eigrpWatch.overdue(faults, now: SystemClock.now) { instance.restartEIGRP(because: fault) }
  }
}
