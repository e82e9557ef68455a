import Testing
import WireFormat

@testable import IKE

@Suite("Messages and their payload chain")
struct MessageTests {
  private let header = IKEHeader(
    initiatorSPI: IKESPI(rawValue: 0x0102_0304_0506_0708), responderSPI: IKESPI(rawValue: 0x1112_1314_1516_1718),
    exchangeType: .informational, isFromInitiator: true, isResponse: true, messageID: 0x2122_2324)

  private func bytes(_ payloads: [Payload] = []) -> [UInt8] {
    IKEMessage(header: header, payloads: payloads).encoded()
  }

  @Test("the header is that of RFC 7296 section 3.1, byte for byte")
  func headerBytes() throws {
    let expected: [UInt8] = [
      1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
      0, 0x20, 37, 0x28, 0x21, 0x22, 0x23, 0x24, 0, 0, 0, 28,
    ]
    #expect(bytes() == expected)
    #expect(try ReceivedMessage(expected).header == header)
  }

  @Test("a header of 28 bytes is accepted, one of 27 refused; so is a length that is not the datagram's")
  func lengths() {
    #expect(throws: Never.self) { try ReceivedMessage(bytes()) }
    #expect(throws: MessageError.malformed(.truncated(needed: 4, available: 3))) {
      try ReceivedMessage(Array(bytes().dropLast()))
    }
    #expect(throws: MessageError.malformed(.invalid(field: "IKE header length"))) {
      try ReceivedMessage(bytes() + [0])
    }
  }

  @Test("major version 2 is accepted whatever the minor one; 1 and 3 are refused", arguments: [0x10, 0x20, 0x2F, 0x30])
  func versions(version: UInt8) {
    var message = bytes()
    message[17] = version
    if version >> 4 == 2 {
      #expect(throws: Never.self) { try ReceivedMessage(message) }
    } else {
      #expect(throws: MessageError.unsupportedVersion(major: version >> 4)) { try ReceivedMessage(message) }
    }
  }

  @Test("reserved flags are ignored, and no initiator SPI may be zero")
  func flagsAndSPI() throws {
    var message = bytes()
    message[19] = 0xFF
    #expect(try ReceivedMessage(message).header == header)
    message.replaceSubrange(0..<8, with: repeatElement(0, count: 8))
    #expect(throws: MessageError.malformed(.invalid(field: "IKE initiator SPI"))) { try ReceivedMessage(message) }
  }

  @Test("payloads of all kinds come back as they were sent")
  func roundTrip() throws {
    let payloads: [Payload] = [
      .notify(NotifyPayload(.cookie, data: [1, 2, 3])), .vendorID(VendorIDPayload(bytes: [])),
      .certificate(CertificatePayload(encoding: 4, data: [9])),
      .certificateRequest(CertificateRequestPayload(encoding: 4, authorities: [8, 8])),
      .authentication(AuthenticationPayload(method: 2, data: [7])),
      .unknown(UnknownPayload(type: PayloadType(rawValue: 47), body: [1, 0, 0, 0])),
    ]
    #expect(try ReceivedMessage(bytes(payloads)).plain().payloads == payloads)
  }

  @Test("an unknown payload is skipped, unless it is critical: UNSUPPORTED_CRITICAL_PAYLOAD")
  func criticalPayload() throws {
    let type = PayloadType(rawValue: 99)
    var message = bytes([.unknown(UnknownPayload(type: type, body: [1, 2]))])
    #expect(try ReceivedMessage(message).plain().payloads.count == 1)
    message[29] = 0x80
    #expect(throws: MessageError.unsupportedCriticalPayload(type)) { try ReceivedMessage(message).plain() }
    #expect(MessageError.unsupportedCriticalPayload(type).notify.data == [99])
  }

  @Test("the critical bit of a known payload is ignored (RFC 7296 section 2.5)")
  func criticalKnown() throws {
    var message = bytes([.vendorID(VendorIDPayload(bytes: [1]))])
    message[29] = 0x80
    #expect(throws: Never.self) { try ReceivedMessage(message).plain() }
  }

  @Test("a payload length of 4 is accepted, 3 refused, and one beyond the message refused")
  func payloadLength() {
    var message = bytes([.vendorID(VendorIDPayload(bytes: []))])
    #expect(throws: Never.self) { try ReceivedMessage(message).plain() }
    message[31] = 3
    #expect(throws: MessageError.self) { try ReceivedMessage(message).plain() }
    message[31] = 5
    #expect(throws: MessageError.self) { try ReceivedMessage(message).plain() }
  }

  @Test("64 payloads are accepted, 65 refused")
  func payloadCount() {
    let payload = Payload.vendorID(VendorIDPayload(bytes: []))
    #expect(throws: Never.self) { try ReceivedMessage(bytes(Array(repeating: payload, count: 64))).plain() }
    #expect(throws: MessageError.self) { try ReceivedMessage(bytes(Array(repeating: payload, count: 65))).plain() }
  }

  @Test("bytes behind the last payload are refused")
  func trailingBytes() {
    var message = bytes([.vendorID(VendorIDPayload(bytes: [1, 2]))])
    message[31] = 5
    #expect(throws: MessageError.self) { try ReceivedMessage(message).plain() }
  }
}
