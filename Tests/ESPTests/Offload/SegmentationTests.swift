import ESP
import ESPReference
import FabricTestKit
import Testing
import WireFormat

struct SegmentationTests {
  /// All packets that `packet` and its header stand for; nil if they are refused.
  private func packets(_ packet: [UInt8], _ header: VirtualNetworkHeader) -> [[UInt8]]? {
    var packet = packet
    return packet.withUnsafeMutableBytes { bytes in
      guard let segmentation = Segmentation(bytes, header) else { return nil }
      return (0..<segmentation.count).map { index in
        var target = [UInt8](repeating: 0xAA, count: segmentation.length(index))
        target.withUnsafeMutableBytes { segmentation.write(index, to: $0) }
        return target
      }
    }
  }

  @Test(
    "A super-packet becomes the packets that the system would have made itself",
    arguments: [IPAddress.Family.v4, .v6].flatMap { family in PacketBuilder.Transport.allCases.map { (family, $0) } },
    [1, 1448, 1449, 2896, 2897, 60_000])
  func cuts(shape: (family: IPAddress.Family, transport: PacketBuilder.Transport), payloadLength: Int) {
    var packet = PacketBuilder(
      family: shape.family, transport: shape.transport, identification: 0xFFFE, sequence: .max - 2000, flags: 0x99)
    packet.payload = SeededRandom(seed: 1).randomBytes(payloadLength)
    #expect(packets(packet.bytes, packet.header(segmentSize: 1448)) == packet.cut(into: 1448))
  }

  @Test("A whole packet passes unchanged")
  func passesPlain() {
    let packet = PacketBuilder(payload: [1, 2, 3]).bytes
    #expect(packets(packet, .plain) == [packet])
  }

  @Test("A missing UDP checksum is completed, and never as zero", arguments: [0, 1, 2, 3, 100, 101])
  func completesChecksum(payloadLength: Int) throws {
    var writer = ByteWriter()
    writer.write([0x45, 0, 0, UInt8(28 + payloadLength), 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
    writer.write([0, 53, 0, 53, 0, UInt8(8 + payloadLength)])
    let pseudoHeader = [10, 0, 0, 1, 10, 0, 0, 2, 0, 17, 0, UInt8(8 + payloadLength)] as [UInt8]
    var sum = InternetChecksum()
    sum.add(pseudoHeader)
    writer.write(sum.partialValue)
    writer.write(SeededRandom(seed: 2).randomBytes(payloadLength))
    let header = VirtualNetworkHeader(
      needsChecksum: true, segmentation: .none, headerLength: 0, segmentSize: 0, checksumStart: 20, checksumOffset: 6)
    let packet = try #require(packets(writer.bytes, header)?.first)
    var check = InternetChecksum()
    check.add(pseudoHeader)
    check.add(Array(packet[20...]))
    #expect(check.value == 0)
    #expect(packet[26...27] != [0, 0])
  }

  @Test("Headers that contradict the packet are refused")
  func refuses() {
    let packet = PacketBuilder(payload: [UInt8](repeating: 7, count: 100))
    let good = packet.header(segmentSize: 50)
    var bad = [VirtualNetworkHeader](repeating: good, count: 5)
    bad[0].segmentSize = 0
    bad[1].segmentation = .tcpOverIPv6
    bad[2].checksumStart = 19
    bad[3].checksumStart = 140
    bad[4].needsChecksum = false
    for header in bad { #expect(packets(packet.bytes, header) == nil) }
    var single = VirtualNetworkHeader.plain
    single.needsChecksum = true
    single.checksumOffset = UInt16(packet.bytes.count - 1)
    #expect(packets(packet.bytes, single) == nil)
    #expect(packets(PacketBuilder().bytes, good) == nil)
    #expect(packets([], good) == nil)
  }

  @Test("No packet and header whatever trap")
  func survivesNoise() {
    let random = SeededRandom(seed: 3)
    for _ in 0..<20_000 {
      let bytes = [[0x45, 0x60, 0x4F, 0][Int(random.next() % 4)]] + random.randomBytes(Int(random.next() % 100))
      let noise = random.randomBytes(10).map { $0 % 64 }
      let segmentation = [0, 1, 4, 5][Int(random.next() % 4)] as UInt8
      let header =
        ([noise[0] % 2, segmentation] + noise[2...].enumerated().map { $0.offset % 2 == 1 ? 0 : $0.element })
        .withUnsafeBytes { VirtualNetworkHeader($0) }
      if let header { _ = packets(bytes, header) }
    }
  }
}
