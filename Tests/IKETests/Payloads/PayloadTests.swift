import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// Reads one payload body.
private func read(_ type: PayloadType, _ bytes: [UInt8]) throws -> Payload {
  var reader = ByteReader(bytes)
  return try Payload(type, isCritical: false, &reader)
}

/// Writes one payload body.
private func write(_ payload: Payload) -> [UInt8] {
  var writer = ByteWriter()
  payload.writeBody(to: &writer)
  return writer.bytes
}

@Suite("Payloads, byte for byte")
struct PayloadTests {
  @Test("an SA payload with two proposals is that of RFC 7296 section 3.3")
  func securityAssociation() throws {
    let payload = Payload.securityAssociation(
      SecurityAssociationPayload([
        Proposal(
          number: 1, spi: .esp(try #require(ESPSPI(rawValue: 0x0102_0304))),
          transforms: [
            Transform(.aes256GCM16), Transform(.curve25519), Transform(extendedSequenceNumbers: true),
          ]),
        Proposal(
          number: 2, spi: .ike(IKESPI(rawValue: 0x0102_0304_0506_0708)), transforms: [Transform(.hmacSHA256_128)]),
      ]))
    let expected: [UInt8] = [
      2, 0, 0, 40, 1, 3, 4, 3, 1, 2, 3, 4,
      3, 0, 0, 12, 1, 0, 0, 20, 0x80, 0x0E, 1, 0,
      3, 0, 0, 8, 4, 0, 0, 31,
      0, 0, 0, 8, 5, 0, 0, 1,
      0, 0, 0, 24, 2, 1, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8,
      0, 0, 0, 8, 3, 0, 0, 12,
    ]
    #expect(write(payload) == expected)
    #expect(try read(.securityAssociation, expected) == payload)
    for count in 0..<expected.count {
      #expect(throws: MessageError.self) { try read(.securityAssociation, Array(expected.prefix(count))) }
    }
  }

  @Test("a transform with a long or an unknown attribute is read and marked as not to be chosen")
  func attributes() throws {
    let bytes: [UInt8] = [
      0, 0, 0, 32, 1, 1, 0, 1,
      0, 0, 0, 24, 1, 0, 0, 12, 0x80, 0x0E, 1, 0, 0, 99, 0, 4, 1, 2, 3, 4, 0x80, 98, 0, 1,
    ]
    guard case .securityAssociation(let payload) = try read(.securityAssociation, bytes) else {
      Issue.record("not an SA payload")
      return
    }
    #expect(payload.proposals.first?.transforms.first?.keyLength == 256)
    #expect(payload.proposals.first?.transforms.first?.hasUnknownAttribute == true)
  }

  @Test("wrong counts and marks in an SA payload are refused")
  func securityAssociationFaults() {
    let good: [UInt8] = [0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 2, 0, 0, 5]
    #expect(throws: Never.self) { try read(.securityAssociation, good) }
    for (index, value) in [(0, UInt8(2)), (0, 1), (3, 15), (3, 17), (3, 7), (6, 1), (7, 0), (7, 2), (8, 3), (11, 7)] {
      var bad = good
      bad[index] = value
      #expect(throws: MessageError.self, "byte \(index) = \(value)") { try read(.securityAssociation, bad) }
    }
  }

  @Test("KE, AUTH, CERT and CERTREQ payloads come back as they were sent")
  func simplePayloads() throws {
    let keyExchange = Payload.keyExchange(KeyExchangePayload(method: .curve25519, publicValue: [1, 2, 3]))
    #expect(write(keyExchange) == [0, 31, 0, 0, 1, 2, 3])
    #expect(try read(.keyExchange, write(keyExchange)) == keyExchange)
    let proof = Payload.authentication(AuthenticationPayload(method: 2, data: [5, 6]))
    #expect(write(proof) == [2, 0, 0, 0, 5, 6])
    #expect(try read(.authentication, write(proof)) == proof)
    #expect(throws: MessageError.self) { try read(.keyExchange, [0, 31, 0]) }
    #expect(throws: MessageError.self) { try read(.authentication, [2, 0, 0]) }
    #expect(throws: MessageError.self) { try read(.certificate, []) }
    #expect(throws: MessageError.self) { try read(.certificateRequest, []) }
  }

  @Test(
    "identities of each kind come back as they were sent",
    arguments: [
      (IKEIdentity.fqdn("a.test"), [2, 0, 0, 0] + Array("a.test".utf8)),
      (.email("a@b.test"), [3, 0, 0, 0] + Array("a@b.test".utf8)),
      (.address(.v4(0x0102_0304)), [1, 0, 0, 0, 1, 2, 3, 4]),
      (.address(.v6(high: 1, low: 2)), [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]),
      (.keyID([0xAB, 0]), [11, 0, 0, 0, 0xAB, 0]),
    ] as [(IKEIdentity, [UInt8])])
  func identities(identity: IKEIdentity, bytes: [UInt8]) throws {
    let payload = IdentificationPayload(identity)
    #expect(write(.initiatorIdentification(payload)) == bytes)
    #expect(try read(.initiatorIdentification, bytes) == .initiatorIdentification(payload))
    #expect(payload.identity == identity)
  }

  @Test("an identity of one byte is accepted, none refused; addresses must have their length, names be UTF-8")
  func identityFaults() throws {
    #expect(throws: Never.self) { try read(.initiatorIdentification, [2, 0, 0, 0, 65]) }
    #expect(throws: MessageError.self) { try read(.initiatorIdentification, [2, 0, 0, 0]) }
    for body: [UInt8] in [[1, 0, 0, 0, 1, 2, 3], [5, 0, 0, 0, 1], [2, 0, 0, 0, 0xFF], [9, 0, 0, 0, 1]] {
      var reader = ByteReader(body)
      #expect(try IdentificationPayload(&reader).identity == nil)
    }
  }

  @Test("a nonce has 16 to 256 bytes", arguments: [(15, false), (16, true), (256, true), (257, false)])
  func nonces(length: Int, isAccepted: Bool) {
    let result = try? read(.nonce, Array(repeating: 7, count: length))
    #expect((result != nil) == isAccepted)
  }

  @Test("a notify with and without the SPI of a Child SA is that of RFC 7296 section 3.10")
  func notify() throws {
    let spi = try #require(ESPSPI(rawValue: 0x0A0B_0C0D))
    let rekey = Payload.notify(NotifyPayload(.rekeySA, childSPI: spi))
    #expect(write(rekey) == [3, 4, 0x40, 0x09, 0x0A, 0x0B, 0x0C, 0x0D])
    #expect(try read(.notify, write(rekey)) == rekey)
    let cookie = Payload.notify(NotifyPayload(.cookie, data: [1]))
    #expect(write(cookie) == [0, 0, 0x40, 0x06, 1])
    #expect(try read(.notify, write(cookie)) == cookie)
    #expect(throws: MessageError.self) { try read(.notify, [3, 4, 0x40, 0x09, 1, 2, 3]) }
    #expect(throws: MessageError.self) { try read(.notify, [0, 0, 0x40]) }
  }

  @Test("a delete of the IKE SA and one of Child SAs are those of RFC 7296 section 3.11")
  func delete() throws {
    #expect(write(.delete(.ikeSA)) == [1, 0, 0, 0])
    #expect(try read(.delete, [1, 0, 0, 0]) == .delete(.ikeSA))
    let spis = try [256, 257].map { try #require(ESPSPI(rawValue: $0)) }
    #expect(write(.delete(.childSAs(spis))) == [3, 4, 0, 2, 0, 0, 1, 0, 0, 0, 1, 1])
    #expect(try read(.delete, [3, 4, 0, 2, 0, 0, 1, 0, 0, 0, 1, 1]) == .delete(.childSAs(spis)))
    #expect(try read(.delete, [2, 4, 0, 1, 1, 2, 3, 4]) == .delete(.other))
    for bad: [UInt8] in [
      [1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 0, 3, 0, 0, 1, 0, 0, 0, 1, 1], [3, 4, 0, 1, 0, 0, 1, 0, 9],
      [3, 2, 0, 1, 1, 1], [3, 255, 255, 255],
    ] {
      #expect(throws: MessageError.self) { try read(.delete, bad) }
    }
  }

  @Test("traffic selectors of both families are those of RFC 7296 section 3.13")
  func trafficSelectors() throws {
    let v4 = try #require(
      TrafficSelector(firstAddress: .v4(0x0A00_0000), lastAddress: .v4(0x0A00_00FF), ipProtocol: 6, ports: 80...443))
    let payload = Payload.initiatorTrafficSelectors(TrafficSelectorPayload([v4, .any(.v6)]))
    let expected: [UInt8] =
      [2, 0, 0, 0, 7, 6, 0, 16, 0, 80, 1, 187, 10, 0, 0, 0, 10, 0, 0, 255, 8, 0, 0, 40, 0, 0, 255, 255]
      + Array(repeating: 0, count: 16) + Array(repeating: 255, count: 16)
    #expect(write(payload) == expected)
    #expect(try read(.initiatorTrafficSelectors, expected) == payload)
    for count in 0..<expected.count {
      #expect(throws: MessageError.self) { try read(.initiatorTrafficSelectors, Array(expected.prefix(count))) }
    }
  }

  @Test("a selector of unknown type or with opaque ports is skipped; addresses in the wrong order are refused")
  func oddSelectors() throws {
    let unknown: [UInt8] = [1, 0, 0, 0, 9, 0, 0, 8, 0, 0, 255, 255]
    #expect(try read(.initiatorTrafficSelectors, unknown) == .initiatorTrafficSelectors(TrafficSelectorPayload([])))
    let opaque: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 16, 255, 255, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    #expect(try read(.initiatorTrafficSelectors, opaque) == .initiatorTrafficSelectors(TrafficSelectorPayload([])))
    let reversed: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 2, 1, 1, 1, 1, 1, 1, 1]
    #expect(throws: MessageError.self) { try read(.initiatorTrafficSelectors, reversed) }
  }

  @Test("random bytes never trap in any payload parser")
  func randomBytes() {
    let random = SeededRandom(seed: 4)
    for _ in 0..<20_000 {
      let type = PayloadType(rawValue: UInt8(33 + random.next() % 17))
      let bytes = random.randomBytes(Int(random.next() % 80))
      var reader = ByteReader(bytes)
      if let payload = try? Payload(type, isCritical: false, &reader), payload != .delete(.other) {
        #expect(type == payload.type)
      }
    }
  }
}
