import Testing
import WireFormat

@Suite struct IPHeaderTests {
  // The example of RFC 1071's successors: a real header of a 115-byte UDP packet, checksum 0xb861.
  private static let v4: [UInt8] = [
    0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xB8, 0x61, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00,
    0xC7,
  ]

  @Test("an IPv4 header is read")
  func readsV4() throws {
    let packet = Self.v4 + [UInt8](repeating: 0, count: 95)
    let header = try #require(IPHeader(packet))
    #expect(header.source == IPAddress("192.168.0.1"))
    #expect(header.destination == IPAddress("192.168.0.199"))
    #expect(header.ipProtocol == IPProtocolNumber.udp)
    #expect(header.headerLength == 20 && header.totalLength == 115)
    #expect(header.dontFragment && !header.isLaterFragment)
  }

  @Test("an IPv6 header is read")
  func readsV6() throws {
    let packet: [UInt8] =
      [0x6A, 0xB0, 0, 0, 0, 2, 58, 64] + [UInt8](repeating: 1, count: 16) + [UInt8](repeating: 2, count: 16) + [9, 9]
    let header = try #require(IPHeader(packet))
    #expect(header.trafficClass == 0xAB)
    #expect(header.ipProtocol == IPProtocolNumber.icmpv6)
    #expect(header.source == .v6(high: 0x0101_0101_0101_0101, low: 0x0101_0101_0101_0101))
    #expect(header.headerLength == 40 && header.totalLength == 42)
    for count in packet.indices { #expect(IPHeader(Array(packet[..<count])) == nil) }
  }

  @Test("a packet cut anywhere is refused")
  func cut() {
    let packet = Self.v4 + [UInt8](repeating: 0, count: 95)
    for count in packet.indices { #expect(IPHeader(Array(packet[..<count])) == nil) }
  }

  @Test("header lengths below 20 bytes or beyond the packet, and other versions, are refused")
  func lengths() {
    let packet = Self.v4 + [UInt8](repeating: 0, count: 95)
    func accepts(_ change: (inout [UInt8]) -> Void) -> Bool {
      var changed = packet
      change(&changed)
      return IPHeader(changed) != nil
    }
    #expect(!accepts { $0[0] = 0x44 })
    #expect(accepts { $0[0] = 0x46 })
    #expect(!accepts { $0[0] = 0x55 })
    #expect(!accepts { $0[0] = 0x05 })
    // Total length: just the header, one less, the whole, one more.
    #expect(accepts { $0[3] = 20 })
    #expect(!accepts { $0[3] = 19 })
    #expect(accepts { $0[3] = 115 })
    #expect(!accepts { $0[3] = 116 })
  }

  @Test("only a fragment with an offset is a later one")
  func fragments() throws {
    func fragment(_ high: UInt8, _ low: UInt8) -> IPHeader? {
      var packet = Self.v4 + [UInt8](repeating: 0, count: 95)
      (packet[6], packet[7]) = (high, low)
      return IPHeader(packet)
    }
    #expect(try #require(fragment(0x20, 0)).isLaterFragment == false)
    #expect(try #require(fragment(0, 1)).isLaterFragment)
    #expect(try #require(fragment(0x3F, 0xFF)).isLaterFragment)
    #expect(try #require(fragment(0x3F, 0xFF)).dontFragment == false)
  }

  @Test("a header with a right checksum sums to zero, and the field comes out where it was zero (RFC 1071)")
  func checksum() {
    var whole = InternetChecksum()
    whole.add(Self.v4)
    #expect(whole.value == 0)
    var without = InternetChecksum()
    without.add(Array(Self.v4[..<10]))
    without.add(Array(Self.v4[12...]))
    #expect(without.value == 0xB861)
  }

  @Test("the example of RFC 1071 section 3, an odd last byte, and carries")
  func checksumVectors() {
    func value(_ bytes: [UInt8]) -> UInt16 {
      var sum = InternetChecksum()
      sum.add(bytes)
      return sum.value
    }
    #expect(value([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == ~0xDDF2)
    #expect(value([0xAB]) == ~0xAB00)
    #expect(value([]) == 0xFFFF)
    #expect(value([UInt8](repeating: 0xFF, count: 65536)) == 0)
    var field = InternetChecksum()
    field.add(UInt16(0xABCD))
    #expect(field.value == ~0xABCD)
  }
}
