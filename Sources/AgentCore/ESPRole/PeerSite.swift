import ESP
import FabricCrypto
import Topology
import WireFormat

/// Another site: the tunnels to it, and what they share so that packets can be sent by two of them.
final class PeerSite {
  /// Of packets that the peer sends twice, lets one copy in.
  let recovery = SequenceRecovery()
  /// Numbers the packets that we send twice.
  var generation = SequenceGeneration(random: SystemRandom())
  private(set) var tunnels: [TunnelInterface] = []
  private var shares = SiteShares()
  /// How the flows are shared, of each class by its DSCPs, and of all others; nil where the system's choice stands.
  private var classTables: [UInt8: FlowTable] = [:]
  private var table: FlowTable?

  func add(_ tunnel: TunnelInterface) { tunnels.append(tunnel) }

  func remove(_ tunnel: TunnelInterface) {
    tunnels.removeAll { $0 === tunnel }
    drawTables()
  }

  /// From now on flows are shared so.
  func share(by new: SiteShares) {
    guard new != shares else { return }
    shares = new
    drawTables()
  }

  private func drawTables() {
    table = table(shares.weights)
    classTables = [:]
    for ofClass in shares.classes {
      let table = table(ofClass.weights)
      for codePoint in ofClass.codePoints { classTables[codePoint] = table }
    }
  }

  private func table(_ weights: [String: Int]) -> FlowTable? {
    let weighted = tunnels.compactMap { tunnel in weights[tunnel.name].map { (tunnel.number, $0) } }
    return FlowTable(weights: Dictionary(weighted) { first, _ in first })
  }

  /// Whether packets that the system routes into a tunnel may leave by others.
  func diverts(_ tunnel: TunnelInterface) -> Bool { shares.weights[tunnel.name] != nil || !classTables.isEmpty }

  /// The tunnel by which packets leave that the system has routed into `tunnel`: the network's own, such as BFD's, and those
  /// that are no more than one link's business leave by that one.
  func tunnel(for packets: Segmentation, routedInto tunnel: TunnelInterface) -> TunnelInterface {
    guard packets.trafficClass >> 2 < TrafficClass.networkControl, !packets.isOfOneLink else { return tunnel }
    let general = shares.weights[tunnel.name] == nil ? nil : table
    guard let table = classTables[packets.trafficClass >> 2] ?? general else { return tunnel }
    let number = table[packets.flow]
    return tunnels.first { $0.number == number } ?? tunnel
  }

  /// The ways of the two copies of a packet that the system has routed into a tunnel: its own, and that which has the least
  /// in common with it. Fewer where there are fewer.
  func ways(ofCopiesFor tunnel: TunnelInterface, among ways: OutboundWays) -> [OutboundWay] {
    let own = ways.way(of: tunnel)
    let others = tunnels.filter { $0 !== tunnel }.compactMap(ways.way(of:))
    let other = others.min { PeerSite.kinship(of: $0, and: own) < PeerSite.kinship(of: $1, and: own) }
    return [own, other].compactMap(\.self)
  }

  /// How likely it is that a way fails together with another one; of a silent one it is certain that it fails.
  private static func kinship(of way: OutboundWay, and other: OutboundWay?) -> (Int, Int) {
    let isSilent = way.tunnel.path?.liveness?.isAlive == false
    let shared = other.map { other in
      (way.sa.path.uplink == other.sa.path.uplink ? 1 : 0)
        + (way.sa.path.remote.address == other.sa.path.remote.address ? 1 : 0)
    }
    return ((isSilent ? 3 : 0) + (shared ?? 0), way.tunnel.number)
  }
}
