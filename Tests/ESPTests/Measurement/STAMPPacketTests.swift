import FabricTestKit
import Testing
import WireFormat

@testable import ESP

struct STAMPPacketTests {
  private static let test = STAMPTest(sequence: 0x0102_0304, timestamp: STAMPTimestamp(rawValue: 0x1122_3344_5566_7788))
  private static let reflection = STAMPReflection(
    test: test, received: STAMPTimestamp(rawValue: 0xA1A2_A3A4_A5A6_A7A8),
    sent: STAMPTimestamp(rawValue: 0xB1B2_B3B4_B5B6_B7B8))

  private func bytes(_ packet: STAMPPacket, length: Int = STAMPPacket.length) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: length)
    bytes.withUnsafeMutableBytes { packet.write(to: $0) }
    return bytes
  }

  private func read(_ bytes: [UInt8]) -> STAMPPacket? { bytes.withUnsafeBytes { STAMPPacket($0) } }

  @Test("A test stands on the wire as RFC 8762 section 4.2.1 has it")
  func testLayout() {
    let zeros = String(repeating: "00", count: 30)
    #expect(bytes(.test(Self.test)).hex == "4641425253544d3f" + "01020304" + "1122334455667788" + "0001" + zeros)
  }

  @Test("An answer stands on the wire as RFC 8762 section 4.3.1 has it")
  func reflectionLayout() {
    let expected =
      "4641425253544d21" + "01020304" + "b1b2b3b4b5b6b7b8" + "00010000" + "a1a2a3a4a5a6a7a8" + "01020304"
      + "1122334455667788" + "00010000" + "ff000000"
    #expect(bytes(.reflection(Self.reflection)).hex == expected)
  }

  @Test("What is written is read, also with padding behind it", arguments: [STAMPPacket.length, 200])
  func roundTrip(length: Int) {
    for packet in [STAMPPacket.test(Self.test), .reflection(Self.reflection)] {
      #expect(read(bytes(packet, length: length)) == packet)
    }
  }

  @Test("Whatever is shorter, or is no test packet, is refused")
  func refuses() {
    #expect(read(Array(bytes(.test(Self.test)).dropLast())) == nil)
    for index in 0..<8 {
      var other = bytes(.test(Self.test))
      other[index] ^= 0x80
      #expect(read(other) == nil)
    }
  }

  @Test("Timestamps tell durations to a nanosecond, also across the end of the seconds")
  func timestamps() {
    let start = Instant(nanoseconds: 4_294_967_295_900_000_000)
    for nanoseconds in [0, 1, 999_999_999, 1_500_000_000, -1, -2_000_000_001] as [Int64] {
      let end = Instant(nanoseconds: start.nanoseconds + nanoseconds)
      let measured = STAMPTimestamp(start).duration(to: STAMPTimestamp(end)).nanoseconds
      #expect(abs(measured - nanoseconds) <= 1)
    }
  }
}
