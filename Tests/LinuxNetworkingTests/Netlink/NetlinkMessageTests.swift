import FabricTestKit
import Testing
import WireFormat

@testable import LinuxNetworking

struct NetlinkMessageTests {
  @Test("A request is laid out as netlink(7) says, padded to four bytes")
  func encodes() {
    var request = NetlinkRequest(16, flags: 4)
    request.attribute(3, text: "lo")
    #expect(
      request.encoded(sequence: 9) == [
        24, 0, 0, 0, 16, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0,
        7, 0, 3, 0, 0x6C, 0x6F, 0, 0,
      ])
  }

  @Test("A message whose length lies is dropped with what follows", arguments: [0, 15, 21, 0xFFFF_FFFF])
  func dropsBadLength(length: UInt32) {
    var bytes = NetlinkRequest(16, flags: 0).encoded(sequence: 1) + [0, 0, 0, 0]
    withUnsafeBytes(of: length) { bytes.replaceSubrange(0..<4, with: $0) }
    #expect(NetlinkMessage.parse(bytes).isEmpty)
  }

  @Test("No bytes whatever trap the parsers")
  func survivesNoise() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 0...128, using: &generator)).map { _ in
        UInt8.random(in: 0...32, using: &generator)
      }
      // A plausible header, so that the noise reaches the parsers of the payloads.
      let header = NetlinkRequest(Int32.random(in: 16...35, using: &generator), flags: 0).encoded(sequence: 0)
      bytes = header + bytes
      withUnsafeBytes(of: UInt32(bytes.count)) { bytes.replaceSubrange(0..<4, with: $0) }
      for message in NetlinkMessage.parse(bytes) {
        _ = NetlinkEvent(message)
        _ = RoutingRule(message)
      }
    }
  }
}
