import ESP
import FabricCrypto
import WireFormat

/// Another site: the tunnels to it, and what they share so that packets can be sent by two of them.
final class PeerSite {
  /// Of packets that the peer sends twice, lets one copy in.
  let recovery = SequenceRecovery()
  /// Numbers the packets that we send twice.
  var generation = SequenceGeneration(random: SystemRandom())
  private(set) var tunnels: [TunnelInterface] = []

  func add(_ tunnel: TunnelInterface) { tunnels.append(tunnel) }

  func remove(_ tunnel: TunnelInterface) { tunnels.removeAll { $0 === tunnel } }

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
