import ESP
import ESPReference
import FabricTestKit
import Foundation
import Testing
import WireFormat

struct PacketRunTests {
  /// Passes packets through runs as the way in does, and cuts what comes out again: what the system gets to see, and in
  /// how many pieces it was handed over.
  private func carry(_ packets: [[UInt8]], joinsUDP: Bool = true) -> (packets: [[UInt8]], writes: Int) {
    let buffers = packets.map { packet in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count, alignment: 8)
      buffer.copyBytes(from: packet)
      return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let run = PacketRun()
    var carried: [[UInt8]] = []
    var writes = 0
    func flush() {
      guard !run.isEmpty else { return }
      let header = run.finish()
      carried += cut(run.pieces.flatMap { Array($0) }, header)
      writes += 1
    }
    for buffer in buffers where run.isEmpty || !run.join(buffer) {
      flush()
      run.start(buffer, joinsUDP: joinsUDP)
    }
    flush()
    return (carried, writes)
  }

  private func cut(_ packet: [UInt8], _ header: VirtualNetworkHeader) -> [[UInt8]] {
    var packet = packet
    return packet.withUnsafeMutableBytes { bytes in
      guard let segmentation = Segmentation(bytes, header) else { return [] }
      return (0..<segmentation.count).map { index in
        var target = [UInt8](repeating: 0, count: segmentation.length(index))
        target.withUnsafeMutableBytes { segmentation.write(index, to: $0) }
        return target
      }
    }
  }

  private func flow(
    _ family: IPAddress.Family, _ transport: PacketBuilder.Transport = .tcp, payload: Int, flags: UInt8 = 0x10
  ) -> PacketBuilder {
    PacketBuilder(
      family: family, transport: transport, flags: flags, payload: SeededRandom(seed: 4).randomBytes(payload))
  }

  @Test(
    "Packets of one flow become one write, and are the same when cut again", arguments: [IPAddress.Family.v4, .v6],
    PacketBuilder.Transport.allCases)
  func joins(family: IPAddress.Family, transport: PacketBuilder.Transport) {
    let packets = flow(family, transport, payload: 20_000, flags: 0x18).cut(into: 1348)
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == 1)
  }

  @Test("UDP packets stay apart where the device does not take them together")
  func udpRefused() {
    let packets = flow(.v4, .udp, payload: 5000).cut(into: 1000)
    let result = carry(packets, joinsUDP: false)
    #expect(result.packets == packets)
    #expect(result.writes == 5)
  }

  @Test("A UDP packet that differs in anything but its place in the flow does not join", arguments: 0..<8)
  func separatesUDP(difference: Int) {
    let first = flow(.v4, .udp, payload: 1000)
    var next = first
    next.identification += 1
    switch difference {
    case 0: next.ports.1 += 1
    case 1: next.hopLimit -= 1
    case 2: next.trafficClass = 2
    case 3: next.dontFragment = false
    case 4: next.identification -= 1
    case 5: next.payload.append(0)
    case 6: next.payload = []
    default: next.transport = .tcp
    }
    let packets = [first.bytes, next.bytes]
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == 2)
  }

  @Test("A UDP packet without a checksum, or of another length than IP's, stays as it is", arguments: [0, 1])
  func oddUDP(packet: Int) {
    let packets = flow(.v4, .udp, payload: 2000).cut(into: 1000)
    var withoutChecksum = packets
    withoutChecksum[packet].replaceSubrange(26..<28, with: [0, 0])
    var longer = packets
    longer[packet][25] ^= 1
    for odd in [withoutChecksum, longer] {
      let result = carry(odd)
      #expect(result.packets == odd)
      #expect(result.writes == 2)
    }
  }

  @Test("A packet that differs in anything but its place in the flow does not join", arguments: 0..<13)
  func separates(difference: Int) {
    let first = flow(.v4, payload: 1000)
    var next = first
    next.sequence += 1000
    next.identification += 1
    switch difference {
    case 0: next.ports.0 += 1
    case 1: next.acknowledgement += 1
    case 2: next.window += 1
    case 3: next.options[11] += 1
    case 4: next.hopLimit -= 1
    case 5: next.trafficClass = 2
    case 6: next.dontFragment = false
    case 7: next.sequence += 1
    case 8: next.identification += 1
    case 9: next.flags = 0x11
    case 10: next.flags = 0x30
    case 11: next.payload.append(0)
    default: next.payload = []
    }
    let packets = [first.bytes, next.bytes]
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == 2)
  }

  @Test("Packets that do agree join: the check above can fail")
  func joinsTwo() {
    let first = flow(.v4, payload: 1000)
    var next = first
    next.sequence += 1000
    next.identification += 1
    #expect(carry([first.bytes, next.bytes]).writes == 1)
  }

  @Test("A packet with a wrong checksum reaches its receiver as it is", arguments: [0, 1], [10, 45, 80])
  func keepsCorruption(packet: Int, byte: Int) {
    var packets = Array(flow(.v4, payload: 2000).cut(into: 1000))
    packets[packet][byte] ^= 1
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == 2)
  }

  @Test("A packet whose IP header says another length stays as it is", arguments: [IPAddress.Family.v4, .v6], [0, 1])
  func wrongLength(family: IPAddress.Family, packet: Int) {
    var packets = flow(family, payload: 2000).cut(into: 1000)
    // IPv6 has no checksum over the field.
    packets[packet][family == .v4 ? 3 : 5] ^= 1
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == 2)
  }

  @Test("A shorter packet, or one with PSH, ends the run")
  func endsRun() {
    let packets = flow(.v4, payload: 2500).cut(into: 1000)
    var more = flow(.v4, payload: 1000)
    more.sequence += 2500
    more.identification += 3
    let result = carry(packets + [more.bytes])
    #expect(result.packets == packets + [more.bytes])
    #expect(result.writes == 2)
  }

  @Test("A run never exceeds what an IP packet can hold", arguments: [IPAddress.Family.v4, .v6])
  func limitsLength(family: IPAddress.Family) {
    let packets = flow(family, payload: 200_000).cut(into: 8948)
    let result = carry(packets)
    #expect(result.packets == packets)
    #expect(result.writes == (packets.count + 6) / 7)
  }

  /// How many packets to try; a million take some four minutes.
  private static let randomPackets = ProcessInfo.processInfo.environment["FABRIC_RANDOM_PACKETS"].flatMap(Int.init)

  @Test("Flows with loss, reorder, duplicates and noise come out byte by byte as they went in")
  func differential() {
    let random = SeededRandom(seed: 5)
    var (writes, count) = (0, 0)
    while count < PacketRunTests.randomPackets ?? 5000 {
      var packets: [[UInt8]] = []
      for _ in 0..<3 { packets += randomFlow(random) }
      packets = disturb(packets, random)
      let result = carry(packets)
      let firstDifference = zip(result.packets, packets).first { $0 != $1 }
      #expect(result.packets.count == packets.count && firstDifference == nil)
      writes += result.writes
      count += packets.count
    }
    print("\(count) random packets came out as they went in, in \(writes) writes")
    // Otherwise the property would hold for joining nothing.
    #expect(writes * 2 < count)
  }

  private func randomFlow(_ random: SeededRandom) -> [[UInt8]] {
    var packet = flow(
      random.next() % 2 == 0 ? .v4 : .v6, random.next() % 3 == 0 ? .udp : .tcp, payload: Int(random.next() % 9000) + 1,
      flags: random.next() % 4 == 0 ? 0x18 : 0x10)
    packet.ports.0 = UInt16(random.next() % 2)
    packet.sequence = UInt32(truncatingIfNeeded: random.next())
    packet.identification = UInt16(truncatingIfNeeded: random.next())
    return packet.cut(into: Int(random.next() % 1400) + 100)
  }

  private func disturb(_ packets: [[UInt8]], _ random: SeededRandom) -> [[UInt8]] {
    var packets = packets
    for _ in 0..<(random.next() % 4) where packets.count > 1 {
      let index = Int(random.next() % UInt64(packets.count - 1))
      switch random.next() % 5 {
      case 0: packets.remove(at: index)
      case 1: packets.swapAt(index, index + 1)
      case 2: packets.insert(packets[index], at: index)
      case 3: packets[index][Int(random.next() % UInt64(packets[index].count))] ^= 1
      default: packets.insert(random.randomBytes(60), at: index)
      }
    }
    return packets
  }
}
