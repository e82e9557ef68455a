import Foundation
import Testing
import WireFormat

@Suite struct IPAddressTests {
  @Test(
    "text is read and written in its canonical form",
    arguments: [
      ("15.0.0.1", "15.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
      ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("fe80::1", "fe80::1"),
    ])
  func text(written: String, canonical: String) throws {
    let address = try #require(IPAddress(written))
    #expect(address.description == canonical)
    #expect(IPAddress(bytes: address.bytes[...]) == address)
    let coded = try JSONDecoder().decode([IPAddress].self, from: JSONEncoder().encode([address]))
    #expect(coded == [address])
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4/24", " 1.2.3.4", "01.2.3.4", ":::", "fe80::1%eth0", "x",
    ])
  func malformed(text: String) {
    #expect(IPAddress(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([IPAddress].self, from: JSONEncoder().encode([text]))
    }
  }

  @Test("4 and 16 bytes make an address, other counts do not")
  func byteCounts() {
    for count in 0...20 {
      let address = IPAddress(bytes: [UInt8](repeating: 1, count: count)[...])
      #expect((address != nil) == (count == 4 || count == 16))
    }
  }

  @Test("IPv4 sorts before IPv6, and both sort by value")
  func order() {
    let sorted: [IPAddress] = [
      .v4(1), .v4(2), .v4(.max), .v6(high: 0, low: 1), .v6(high: 0, low: .max), .v6(high: 1, low: 0),
    ]
    #expect(Array(sorted.reversed()).sorted() == sorted)
  }

  @Test("adding an offset carries, and stops at the end of the address space")
  func advanced() {
    #expect(IPAddress.v4(.max - 1).advanced(by: 1) == .v4(.max))
    #expect(IPAddress.v4(.max).advanced(by: 1) == nil)
    #expect(IPAddress.v6(high: 5, low: .max).advanced(by: 1) == .v6(high: 6, low: 0))
    #expect(IPAddress.v6(high: .max, low: .max - 1).advanced(by: 1) == .v6(high: .max, low: .max))
    #expect(IPAddress.v6(high: .max, low: .max).advanced(by: 1) == nil)
  }

  @Test(
    "special ranges end where the RFCs end them",
    arguments: [
      ("127.255.255.255", true, false, false), ("128.0.0.0", false, false, false),
      ("126.255.255.255", false, false, false),
      ("::1", true, false, false), ("::2", false, false, false), ("223.255.255.255", false, false, false),
      ("224.0.0.0", false, true, false), ("239.255.255.255", false, true, false), ("240.0.0.0", false, false, false),
      ("feff::", false, false, false), ("ff00::", false, true, false), ("169.253.255.255", false, false, false),
      ("169.254.0.0", false, false, true), ("169.255.0.0", false, false, false), ("fe7f::", false, false, false),
      ("fe80::", false, false, true), ("febf::", false, false, true), ("fec0::", false, false, false),
    ])
  func special(text: String, loopback: Bool, multicast: Bool, linkLocal: Bool) throws {
    let address = try #require(IPAddress(text))
    #expect(address.isLoopback == loopback)
    #expect(address.isMulticast == multicast)
    #expect(address.isLinkLocal == linkLocal)
    #expect(!address.isUnspecified)
  }
}
