import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@Suite struct NATDetectionHashTests {
  // Computed with Python's hashlib over the concatenation that RFC 7296 section 2.23 gives.
  @Test("the hash covers both SPIs, the address and the port")
  func vectors() throws {
    let initiatorSPI = IKESPI(rawValue: 0x0123_4567_89AB_CDEF)
    let v4 = try #require(Endpoint("192.0.2.1:500"))
    let v6 = try #require(Endpoint("[2001:db8::1]:4500"))
    let responderSPI = IKESPI(rawValue: 0xFEDC_BA98_7654_3210)
    #expect(
      NATDetectionHash.of(initiatorSPI: initiatorSPI, responderSPI: responderSPI, endpoint: v4).hex
        == "b43b59394bf8bc930246a8f80b6fddf05c58d9bf")
    #expect(
      NATDetectionHash.of(initiatorSPI: initiatorSPI, responderSPI: .zero, endpoint: v6).hex
        == "3171550555febfcaa96bf57ef38afe1449b1b00f")
  }
}
