import ESP
import FabricCrypto
import WireFormat

/// An SA pair that is its own peer, and slots of inner packets that are sealed and opened again in place.
final class PacketLoop {
  private let database: SADatabase
  private let slots: [UnsafeMutableRawBufferPointer]
  private let inner: Range<Int>

  init(_ suite: ProtectionSuite, _ implementation: CipherImplementation, innerLength: Int) throws {
    database = try .loop(suite, implementation)
    inner = ESPPacketLayout.headroom..<(ESPPacketLayout.headroom + innerLength)
    slots = (0..<64).map { _ in
      .allocate(byteCount: ESPPacketLayout.headroom + innerLength + ESPPacketLayout.tailroom, alignment: 64)
    }
  }

  deinit { for slot in slots { slot.deallocate() } }

  /// The time of one packet, the best of several rounds.
  func measure() -> (seal: Duration, open: Duration) {
    var best = (seal: Duration.seconds(1), open: Duration.seconds(1))
    for _ in 0..<200 {
      for slot in slots { writePacket(into: slot) }
      var packet = 0..<0
      let seal = ContinuousClock().measure {
        guard let sa = database.outbound(tunnel: 1) else { return }
        for slot in slots { packet = (try? sa.sealLater(inner, in: slot)) ?? 0..<0 }
        precondition(sa.finishSealing(), "a packet of ours was not sealed")
      }
      var opened = 0
      let open = ContinuousClock().measure {
        for slot in slots where (try? database.open(packet, in: slot)) != nil { opened += 1 }
      }
      precondition(opened == slots.count, "a packet of ours did not open")
      best = (min(best.seal, seal / slots.count), min(best.open, open / slots.count))
    }
    return best
  }

  private func writePacket(into slot: UnsafeMutableRawBufferPointer) {
    let header: [UInt8] = [
      0x45, 0, UInt8(inner.count >> 8), UInt8(inner.count & 0xFF), 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 1, 5, 10, 3, 3,
      7,
    ]
    UnsafeMutableRawBufferPointer(rebasing: slot[inner]).copyBytes(from: header)
  }
}

extension SADatabase {
  /// One pair of SAs, of tunnel 1, that is its own peer.
  static func loop(_ suite: ProtectionSuite, _ implementation: CipherImplementation) throws -> SADatabase {
    let random = SystemRandom()
    let database = SADatabase(random: random)
    let keys = ESPKeys(
      encryption: SecretBytes(random.randomBytes(suite.encryptionKeyLength)),
      integrity: suite.integrity.map { SecretBytes(random.randomBytes($0.keyLength)) })
    let endpoint = Endpoint(.v4(0x0A00_0001), port: 4500)
    guard let spi = ESPSPI(rawValue: 0x1000) else { throw DropReason.unknownSPI }
    try database.install(
      ESPSAParameters(
        tunnel: 1, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
        extendedSequenceNumbers: true, replayWindow: 1024,
        path: ESPPath(uplink: "isp-a", local: endpoint, remote: endpoint, encapsulation: .udp),
        localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], isInitiator: true),
      implementation: implementation)
    return database
  }
}
