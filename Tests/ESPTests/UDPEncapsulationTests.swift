import ESP
import Testing

@Suite struct UDPEncapsulationTests {
  @Test(
    "port 4500 tells ESP, IKE and keepalives apart (RFC 3948 section 2)",
    arguments: [
      ([0xFF], .keepalive),
      ([0xFE], .malformed),
      ([], .malformed),
      ([0, 0, 0, 0], .malformed),
      ([0, 0, 0, 0, 1], .ike),
      ([0, 0, 0, 1, 0, 0, 0, 1], .malformed),
      ([0, 0, 0, 1, 0, 0, 0, 1, 0], .esp),
      ([0xFF, 0xFF], .malformed),
      ([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0], .esp),
    ] as [([UInt8], UDPEncapsulation)])
  func classify(datagram: [UInt8], expected: UDPEncapsulation) {
    #expect(datagram.withUnsafeBytes { UDPEncapsulation.classify($0) } == expected)
  }
}
