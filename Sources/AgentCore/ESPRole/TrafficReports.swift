import ESP
import WireFormat

/// Tells what has changed since it was last asked, so that an idle gateway reports nothing.
struct TrafficReports {
  private var lastPacketsIn: [Int: UInt64] = [:]
  private var lastCounters: [TunnelTraffic] = []
  private var lastDrops: [String: UInt64] = [:]

  /// The names of the tunnels through which authentic packets have come.
  mutating func tunnelsWithInboundTraffic(_ tunnels: [TunnelInterface]) -> [String] {
    let alive = tunnels.filter { $0.packetsIn > lastPacketsIn[$0.number, default: 0] }
    lastPacketsIn = Dictionary(uniqueKeysWithValues: tunnels.map { ($0.number, $0.packetsIn) })
    return alive.map(\.name).sorted()
  }

  /// The counters of all tunnels, if one of them has moved.
  mutating func changedCounters(_ tunnels: [TunnelInterface], at now: Instant) -> [TunnelTraffic]? {
    let counters = tunnels.map { $0.traffic(at: now) }.sorted { $0.tunnel < $1.tunnel }
    guard counters != lastCounters else { return nil }
    lastCounters = counters
    return counters
  }

  /// The drops that belong to no tunnel, if there are new ones.
  mutating func changedDrops(_ drops: DropCounters) -> [String: UInt64]? {
    let named = drops.named
    guard named != lastDrops else { return nil }
    lastDrops = named
    return named
  }
}
