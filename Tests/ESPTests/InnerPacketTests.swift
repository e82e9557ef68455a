import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

/// What an authenticated packet may carry; the peer, though authenticated, may still be wrong.
@Suite struct InnerPacketTests {
  @Test("padding is 1, 2, 3 …; other bytes are refused (RFC 4303 section 2.4)")
  func padding() throws {
    #expect(try open(text: Inner.v4() + [1, 2, 2, 4]) == Inner.v4())
    #expect(try open(text: Inner.v4() + [1, 2, 3, 4, 5, 6, 6, 4]) == Inner.v4())
    for padding: [UInt8] in [[0, 0, 2], [1, 1, 2], [2, 1, 2], [1, 2, 0, 3]] {
      #expect(throws: DropReason.badPadding) { try open(text: Inner.v4() + padding + [4]) }
    }
  }

  @Test("a pad length of the whole text leaves no packet; one more is refused")
  func padLength() throws {
    let padding = (1...20).map { UInt8($0) }
    #expect(throws: DropReason.malformedInnerPacket) { try open(text: padding + [20, 4]) }
    #expect(throws: DropReason.badPadding) { try open(text: padding + [21, 4]) }
    #expect(throws: DropReason.badPadding) { try open(text: padding + [255, 4]) }
  }

  @Test("a dummy packet is dropped whatever it holds (RFC 4303 section 2.6)")
  func dummy() {
    #expect(throws: DropReason.dummy) { try open(text: [1, 2, 3, 4, 5, 6, 0, 59]) }
  }

  @Test("traffic flow confidentiality padding behind the inner packet is taken off (RFC 4303 section 2.7)")
  func trafficFlowConfidentiality() throws {
    #expect(try open(text: Inner.v4() + [UInt8](repeating: 0xAB, count: 100) + [0, 4]) == Inner.v4())
    #expect(try open(text: Inner.v6() + [UInt8](repeating: 0xAB, count: 100) + [0, 41]) == Inner.v6())
  }

  @Test("the next header must be IPv4 or IPv6, and the inner packet's version must agree")
  func nextHeader() throws {
    #expect(try open(text: Inner.v6() + [0, 41]) == Inner.v6())
    #expect(throws: DropReason.malformedInnerPacket) { try open(text: Inner.v4() + [0, 41]) }
    #expect(throws: DropReason.malformedInnerPacket) { try open(text: Inner.v6() + [0, 4]) }
    for other: UInt8 in [0, 6, 17, 50, 255] {
      #expect(throws: DropReason.unexpectedNextHeader) { try open(text: Inner.v4() + [0, other]) }
    }
  }

  @Test("a packet that is sent twice stands behind its header, and is held against the same rules")
  func replicated() throws {
    let header: [UInt8] = [0x00, 0x01, 0x01, 0xFF, 0, 0, 0, 2]
    #expect(try open(text: header + Inner.v4() + [0, 137]) == Inner.v4())
    #expect(try open(text: header + Inner.v6() + [7, 7, 7] + [0, 137]) == Inner.v6())
    #expect(throws: DropReason.unexpectedNextHeader) { try open(text: Inner.v4() + [0, 137]) }
    for count in 0..<header.count {
      #expect(throws: DropReason.unexpectedNextHeader) { try open(text: header[..<count] + [0, 137]) }
    }
    for count in 0..<Inner.v4().count {
      #expect(throws: DropReason.malformedInnerPacket) { try open(text: header + Inner.v4()[..<count] + [0, 137]) }
    }
  }

  @Test("an inner packet cut anywhere is refused")
  func cut() {
    for count in 0..<Inner.v4().count {
      #expect(throws: DropReason.malformedInnerPacket) { try open(text: Inner.v4().prefix(count) + [0, 4]) }
    }
    for count in 0..<Inner.v6().count {
      #expect(throws: DropReason.malformedInnerPacket) { try open(text: Inner.v6().prefix(count) + [0, 41]) }
    }
  }

  @Test("random text that is authentic never traps")
  func randomText() {
    let random = SeededRandom(seed: 3)
    for _ in 0..<20_000 {
      var text = random.randomBytes(2 + Int(random.next() % 80))
      text[text.count - 2] %= 8
      text[text.count - 1] = [4, 41, 137][Int(random.next() % 3)]
      if text.count > 2 { text[0] = random.next() & 1 == 0 ? 0x45 : 0x60 }
      _ = try? open(text: text)
    }
  }

  /// Opens an authentic AES-GCM packet around any text.
  private func open(text: [UInt8]) throws -> [UInt8] {
    let parameters = try ESPSAParameters.loopback(Protection(suite: .aead(.aes128GCM16), extended: false))
    let transform = try ESPTransform(
      suite: parameters.suite, keys: parameters.outboundKeys, extended: false, implementation: .openSSL)
    var bytes = [UInt8](repeating: 0, count: 16) + text + [UInt8](repeating: 0, count: 16)
    try bytes.withUnsafeMutableBytes { bytes in
      let packet = try #require(ESPPacketBuffer(bytes, transform.layout))
      packet.writeHeader(spi: parameters.outboundSPI.rawValue, sequence: 1)
      let sealed = transform.seal(packet, sequence: 1)
      #expect(sealed)
    }
    return try InboundSA(parameters, recovery: SequenceRecovery(), implementation: .openSSL).open(bytes)
  }
}
