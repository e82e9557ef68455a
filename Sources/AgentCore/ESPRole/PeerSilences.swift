/// Finds the tunnels into which packets go while none come out (RFC 7296 section 2.4: it is essential to confirm liveness
/// then, to avoid black holes).
struct PeerSilences {
  private struct Silence {
    var packetsIn: UInt64 = 0
    var packetsOut: UInt64 = 0
    /// For how many seconds in a row packets have only gone out.
    var seconds = 0
  }

  private var silences: [Int: Silence] = [:]

  /// So long a silence makes us doubt: longer than any round trip or pause for breath.
  private static let patience = 3

  /// Asked once a second: the names of the tunnels that have been silent for as long as `patience`, again each time that it
  /// has passed.
  mutating func tunnelsWithoutAnswer(_ tunnels: [TunnelInterface]) -> [String] {
    var silent: [String] = []
    var next: [Int: Silence] = [:]
    for tunnel in tunnels {
      let last = silences[tunnel.number] ?? Silence()
      var now = Silence(packetsIn: tunnel.packetsHeard, packetsOut: tunnel.packetsOut)
      if now.packetsIn == last.packetsIn { now.seconds = last.seconds + (now.packetsOut > last.packetsOut ? 1 : 0) }
      if now.seconds == PeerSilences.patience {
        silent.append(tunnel.name)
        now.seconds = 0
      }
      next[tunnel.number] = now
    }
    silences = next
    return silent.sorted()
  }
}
