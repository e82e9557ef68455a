import ESP
import WireFormat

/// Tells what has changed since it was last asked, so that an idle gateway reports nothing.
struct TrafficReports {
  private var lastPacketsHeard: [Int: UInt64] = [:]
  private var lastCounters: [String: TunnelTraffic] = [:]
  private var lastDrops: [String: UInt64] = [:]

  /// The names of the tunnels through which authentic packets have come.
  mutating func tunnelsWithInboundTraffic(_ tunnels: [TunnelInterface]) -> [String] {
    let alive = tunnels.filter { $0.packetsHeard > lastPacketsHeard[$0.number, default: 0] }
    lastPacketsHeard = Dictionary(uniqueKeysWithValues: tunnels.map { ($0.number, $0.packetsHeard) })
    return alive.map(\.name).sorted()
  }

  /// The counters of the tunnels where one of them has moved.
  mutating func changedCounters(_ tunnels: [TunnelInterface], at now: Instant) -> [TunnelTraffic] {
    let counters = tunnels.map { $0.traffic(at: now) }
    let changed = counters.filter { $0 != lastCounters[$0.tunnel] }
    lastCounters = Dictionary(counters.map { ($0.tunnel, $0) }) { _, last in last }
    return changed.sorted { $0.tunnel < $1.tunnel }
  }

  /// The drops that belong to no tunnel, if there are new ones.
  mutating func changedDrops(_ drops: DropCounters) -> [String: UInt64]? {
    let named = drops.named
    guard named != lastDrops else { return nil }
    lastDrops = named
    return named
  }
}
