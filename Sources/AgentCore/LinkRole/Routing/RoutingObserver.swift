import LinuxNetworking
import Routing
import Topology

/// What the routing daemons are known to have.
struct RoutingState: Equatable, Sendable {
  /// The interfaces on which the routing protocol has its neighbour; nil while the daemon has not answered.
  var neighbourInterfaces: Set<String>?

  /// Why there is no neighbour on an interface; nil if there is one.
  func fault(on interface: String) -> String? {
    guard let neighbourInterfaces else { return "the routing daemon does not answer" }
    return neighbourInterfaces.contains(interface) ? nil : "no routing neighbour on \(interface)"
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

  /// Watches the daemons and asks them for their neighbours.
  func poll() {
    guard let configuration else { return }
    instance.watch()
    guard !isAsking, let question = question(for: configuration.routing.routingProtocol) else { return }
    isAsking = true
    instance.ask(question) { [weak self] answer in self?.received(answer) }
  }

  func stop() { instance.stop() }
  func removeFiles() { instance.removeFiles() }

  private func question(for routingProtocol: RoutingConfiguration.RoutingProtocol) -> String? {
    switch routingProtocol {
    case .static: nil
    case .ospf: "show ip ospf neighbor json"
    case .eigrp: "show ip eigrp neighbors"
    }
  }

  private func received(_ answer: String?) {
    isAsking = false
    let new = RoutingState(neighbourInterfaces: nil)
    guard new != state else { return }
    state = new
    onChange()
  }
}
