import Routing
import Topology
import WireFormat

/// Tells when FRR 8.4's eigrpd is stuck, so that only a new start helps.
///
/// When both ends of a tunnel meet at the same moment, one can wait for good for the acknowledgement of its first update;
/// and what it learned from a neighbour that was lost stays in its topology table, under an address that is no longer any
/// neighbour's.
struct EIGRPWatch {
  /// Something that eigrpd mends by itself soon, or never.
  enum Fault: Hashable {
    /// A peer is heard behind an interface and does not become a neighbour.
    case noNeighbour(interface: String)
    /// Routes lead to an address that is no neighbour's.
    case staleNextHop
  }

  /// How long a fault may last, and how long after one new start the next one is made.
  static let patience = Duration.seconds(6)
  /// Where the peer restarts first: both ends starting anew at the same moment is what makes them stuck.
  static let patienceWithPeer = Duration.seconds(15)

  /// How long a peer may take to become a neighbour, by interface.
  var patience: [String: Duration] = [:]

  private var since: [Fault: Instant] = [:]

  /// Of a tunnel's two ends the one with the lower address starts anew first.
  static func patience(for tunnels: [Tunnel]) -> [String: Duration] {
    var patience: [String: Duration] = [:]
    for case (let interface, .numbered(let local, let peer)) in tunnels.map({ ($0.interface, $0.addressing) }) {
      patience[interface] = local.address < peer ? EIGRPWatch.patience : EIGRPWatch.patienceWithPeer
    }
    return patience
  }

  /// What is wrong in eigrpd's tables.
  ///
  /// - Parameters:
  ///   - neighbours: those that it has.
  ///   - peers: how many it hears on each interface.
  ///   - nextHops: where its routes lead.
  static func faults(neighbours: [RoutingNeighbour], peers: [String: Int], nextHops: Set<IPAddress>) -> Set<Fault> {
    let accompanied = Set(neighbours.map(\.interface))
    let lonely = peers.filter { $0.value > 0 && !accompanied.contains($0.key) }.keys
    let isStale = !nextHops.isSubset(of: neighbours.compactMap(\.address))
    return Set(lonely.map { .noNeighbour(interface: $0) } + (isStale ? [.staleNextHop] : []))
  }

  /// Why eigrpd should be started anew now; nil if it should go on.
  mutating func overdue(_ faults: Set<Fault>, now: Instant) -> String? {
    since = since.filter { faults.contains($0.key) }
    for fault in faults where since[fault] == nil { since[fault] = now }
    guard let fault = since.first(where: { $0.value.duration(to: now) >= patience(of: $0.key) })?.key else {
      return nil
    }
    since = [:]
    return switch fault {
    case .noNeighbour(let interface): "the peer on \(interface) is heard and does not become a neighbour"
    case .staleNextHop: "routes lead to an address that is no neighbour's"
    }
  }

  private func patience(of fault: Fault) -> Duration {
    guard case .noNeighbour(let interface) = fault else { return EIGRPWatch.patience }
    return patience[interface] ?? EIGRPWatch.patience
  }
}
