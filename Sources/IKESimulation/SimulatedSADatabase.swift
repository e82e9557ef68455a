import FabricCrypto
import IKE
import WireFormat

/// The ESP role of a simulated gateway: which SAs there are, and which one packets leave by, in the way of
/// `ESP.SADatabase` but without cryptography.
struct SimulatedSADatabase {
  struct Pair {
    let sa: ChildSA
    var local: Endpoint
    var remote: Endpoint
    /// Whether the peer is known to receive on the pair.
    var peerIsReady: Bool
    /// Whether a newer pair has carried our packets already, so that the peer may have deleted this one.
    var isSuperseded = false
    /// Whether it was installed by an ike process that has died since.
    var isOrphan = false
  }

  /// A packet as the peer sees it: under this SPI, sealed with this key.
  struct Packet {
    let spi: ESPSPI
    let key: SecretBytes
    var source: Endpoint
    var destination: Endpoint
  }

  private(set) var pairs: [Pair] = []

  mutating func install(_ sa: ChildSA) {
    // Make before break across a restart of ike: what its predecessor has left behind goes when there is something new.
    pairs.removeAll { $0.isOrphan }
    pairs.append(
      Pair(sa: sa, local: sa.localEndpoint, remote: sa.remoteEndpoint, peerIsReady: sa.isInitiator))
    supersede()
  }

  mutating func move(_ move: ChildSAMove) {
    guard let index = pairs.firstIndex(where: { $0.sa.inboundSPI == move.inboundSPI }) else { return }
    pairs[index].local = move.local
    pairs[index].remote = move.remote
  }

  mutating func remove(_ spi: ESPSPI) { pairs.removeAll { $0.sa.inboundSPI == spi } }

  mutating func orphanAll() { for index in pairs.indices { pairs[index].isOrphan = true } }

  /// A packet of the tunnel; nil if there is no SA.
  func seal() -> Packet? {
    let current = pairs.filter { !$0.isSuperseded }
    let sender = current.last { $0.peerIsReady } ?? current.first ?? pairs.last
    return sender.map {
      Packet(
        spi: $0.sa.outboundSPI, key: $0.sa.outboundKeys.encryption, source: $0.local, destination: $0.remote)
    }
  }

  private mutating func supersede() {
    guard let newest = pairs.lastIndex(where: { $0.peerIsReady && !$0.isSuperseded }) else { return }
    for index in pairs[..<newest].indices { pairs[index].isSuperseded = true }
  }

  /// Whether the packet can be opened; then its pair is known to work both ways.
  mutating func open(_ packet: Packet) -> Bool {
    guard let index = pairs.firstIndex(where: { $0.sa.inboundSPI == packet.spi }),
      pairs[index].sa.inboundKeys.encryption == packet.key
    else { return false }
    pairs[index].peerIsReady = true
    supersede()
    return true
  }
}
