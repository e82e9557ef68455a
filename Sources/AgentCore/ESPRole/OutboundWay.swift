import ESP
import WireFormat

/// The way of a tunnel's packets to the peer: what seals them, and by which line they leave.
struct OutboundWay {
  let tunnel: TunnelInterface
  let sa: OutboundSA
  let uplink: ESPUplink
  /// The largest inner packet in bytes.
  var mtu: Int
  /// Whether the network may cut the packets, and they leave one by one.
  var allowsCutting = false
  /// The numbers of the packets, where others have to send them too.
  var replication: SequenceGeneration?
}

/// Finds the way of each tunnel as it is now.
struct OutboundWays {
  let database: SADatabase
  let uplinks: [String: ESPUplink]

  /// Nil without an SA, or without the line that the SA's packets leave by.
  func way(of tunnel: TunnelInterface) -> OutboundWay? {
    guard let sa = database.outbound(tunnel: tunnel.number), let uplink = uplinks[sa.path.uplink] else { return nil }
    return OutboundWay(tunnel: tunnel, sa: sa, uplink: uplink, mtu: tunnel.innerMTU)
  }
}
