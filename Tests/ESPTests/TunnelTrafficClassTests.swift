import Testing
import WireFormat

@testable import ESP

struct TunnelTrafficClassTests {
  private static let notCapable: UInt8 = 0
  private static let ect1: UInt8 = 1
  private static let ect0: UInt8 = 2
  private static let experienced: UInt8 = 3

  /// RFC 6040 figure 4, row by row; nil: drop.
  private static let figure4: [(inner: UInt8, byOuter: [UInt8?])] = [
    (notCapable, [notCapable, notCapable, notCapable, nil]),
    (ect1, [ect1, ect1, ect1, experienced]),
    (ect0, [ect0, ect1, ect0, experienced]),
    (experienced, [experienced, experienced, experienced, experienced]),
  ]

  private func packet(_ family: IPAddress.Family, _ trafficClass: UInt8) -> [UInt8] {
    guard family == .v4 else {
      var packet = Inner.v6()
      packet[0] = 0x60 | trafficClass >> 4
      packet[1] = trafficClass << 4 | 0x5
      return packet
    }
    var packet = Inner.v4()
    packet[1] = trafficClass
    var sum = InternetChecksum()
    sum.add(Array(packet[..<20]))
    packet[10] = UInt8(sum.value >> 8)
    packet[11] = UInt8(sum.value & 0xFF)
    return packet
  }

  @Test("The outer header takes DSCP and ECN of the inner one", arguments: [IPAddress.Family.v4, .v6])
  func copies(family: IPAddress.Family) {
    for value in UInt8.min...UInt8.max {
      #expect(packet(family, value).withUnsafeBytes { TunnelTrafficClass.outer(around: $0) } == value)
    }
    #expect([].withUnsafeBytes { TunnelTrafficClass.outer(around: $0) } == 0)
    #expect([0x15, 0xFF].withUnsafeBytes { TunnelTrafficClass.outer(around: $0) } == 0)
  }

  @Test("Congestion on the way reaches the inner header as figure 4 has it", arguments: [IPAddress.Family.v4, .v6])
  func combines(family: IPAddress.Family) {
    for row in TunnelTrafficClassTests.figure4 {
      for outer in UInt8(0)...3 {
        var changed = packet(family, 0xB8 | row.inner)
        let isKept = changed.withUnsafeMutableBytes { TunnelTrafficClass.combine(outer: 0x14 | outer, into: $0) }
        let expected = row.byOuter[Int(outer)]
        #expect(isKept == (expected != nil))
        // All else stays: inner DSCP, flow label, and an IPv4 checksum that is right.
        if let expected { #expect(changed == packet(family, 0xB8 | expected)) }
      }
    }
  }
}
