import Testing
import WireFormat

@Suite struct IPPrefixTests {
  @Test(
    "a network knows its first and last address and holds nothing outside",
    arguments: [
      ("10.1.1.0/24", "10.1.1.255"), ("0.0.0.0/0", "255.255.255.255"), ("10.1.1.1/32", "10.1.1.1"),
      ("10.1.1.0/31", "10.1.1.1"), ("128.0.0.0/1", "255.255.255.255"),
      ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
      ("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff"),
      ("2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff"), ("2001:db8::/63", "2001:db8:0:1:ffff:ffff:ffff:ffff"),
      ("2001:db8::1/128", "2001:db8::1"),
    ])
  func bounds(text: String, last: String) throws {
    let prefix = try #require(IPPrefix(text))
    #expect(prefix.description == text)
    #expect(prefix.lastAddress == IPAddress(last))
    #expect(prefix.contains(prefix.address))
    #expect(prefix.contains(prefix.lastAddress))
    if let beyond = prefix.lastAddress.advanced(by: 1) { #expect(!prefix.contains(beyond)) }
  }

  @Test(
    "host bits, bad lengths and bad text are refused",
    arguments: [
      "10.1.1.1/24", "10.1.1.0/33", "2001:db8::/129", "10.1.1.0", "10.1.1.0/", "/24", "10.1.1.0/24/24", "10.1.1.0/-1",
      "10.1.1.0/+24", "10.1.1.0/ 24", "10.1.1.0/0024", "2001:db8::1/64", "",
    ])
  func malformed(text: String) {
    #expect(IPPrefix(text) == nil)
  }

  @Test("lengths from 0 to the family's width are accepted, one beyond is not")
  func lengths() {
    #expect(IPPrefix(containing: .v4(.max), length: 32)?.address == .v4(.max))
    #expect(IPPrefix(containing: .v4(.max), length: 0)?.address == .v4(0))
    #expect(IPPrefix(containing: .v4(.max), length: 33) == nil)
    #expect(IPPrefix(containing: .v4(.max), length: -1) == nil)
    #expect(IPPrefix(containing: .v6(high: .max, low: .max), length: 128) != nil)
    #expect(IPPrefix(containing: .v6(high: .max, low: .max), length: 129) == nil)
  }

  @Test("networks overlap exactly when one holds the other")
  func overlap() throws {
    let wide = try #require(IPPrefix("10.0.0.0/8"))
    let narrow = try #require(IPPrefix("10.1.1.0/24"))
    let neighbour = try #require(IPPrefix("10.1.2.0/24"))
    #expect(wide.contains(narrow) && !narrow.contains(wide))
    #expect(wide.overlaps(narrow) && narrow.overlaps(wide))
    #expect(!narrow.overlaps(neighbour))
    #expect(!IPPrefix.any(.v4).overlaps(.any(.v6)))
    #expect(IPPrefix(host: .v4(7)).contains(.v4(7)) && !IPPrefix(host: .v4(7)).contains(.v4(8)))
  }

  @Test("an interface address keeps its host bits and knows its network")
  func interface() throws {
    let interface = try #require(InterfaceAddress("10.1.1.5/24"))
    #expect(interface.address == IPAddress("10.1.1.5"))
    #expect(interface.prefix == IPPrefix("10.1.1.0/24"))
    #expect(interface.description == "10.1.1.5/24")
    #expect(InterfaceAddress("10.1.1.5/33") == nil)
    #expect(InterfaceAddress("10.1.1.5") == nil)
  }

  @Test(
    "an endpoint is an address and a port, IPv6 in brackets",
    arguments: ["192.0.2.1:500", "[2001:db8::1]:4500", "0.0.0.0:0", "192.0.2.1:65535"])
  func endpoint(text: String) throws {
    #expect(try #require(Endpoint(text)).description == text)
  }

  @Test(
    "what is no endpoint is refused",
    arguments: [
      "192.0.2.1", "192.0.2.1:65536", "192.0.2.1:-1", "2001:db8::1:500", "[192.0.2.1]:500", ":500", "[::1]500", "",
    ])
  func malformedEndpoint(text: String) {
    #expect(Endpoint(text) == nil)
  }
}
