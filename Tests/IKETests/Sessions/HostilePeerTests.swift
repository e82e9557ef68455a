import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Peers that misbehave")
struct HostilePeerTests {
  private let left = Endpoint(TwoGateways.leftAddress, port: 500)
  private let right = Endpoint(TwoGateways.rightAddress, port: 500)

  /// Hands a message from the left endpoint to the right gateway and returns the answers.
  private func deliver(_ bytes: [UInt8], to pair: TwoGateways) -> [IKEDatagram] {
    let datagram = IKEDatagram(uplink: "isp", local: right, remote: left, bytes: bytes)
    return pair.right.handle(.datagram(datagram), at: pair.clock.now)
  }

  /// A request of the left gateway's established session, with the next message id.
  private func seal(_ type: ExchangeType, _ payloads: [Payload], in pair: TwoGateways) throws -> [UInt8] {
    let session = try #require(pair.left.establishedSessions.first)
    let messageID = try #require(session.requests.nextMessageID)
    let header = session.header(type, isResponse: false, messageID: messageID)
    return try #require(session.sa).protection.seal(IKEMessage(header: header, payloads: payloads))
  }

  /// What the left gateway reads in an answer.
  private func open(_ datagram: IKEDatagram?, in pair: TwoGateways) throws -> [Payload] {
    let message = try ReceivedMessage(try #require(datagram).bytes)
    let session = try #require(pair.left.establishedSessions.first)
    return try #require(try session.sa?.protection.open(message)).payloads
  }

  @Test("a cookie is sent back in front of the same request, and AUTH covers it")
  func cookie() throws {
    let pair = TwoGateways()
    var isFirst = true
    var requests: [IKEMessage] = []
    pair.rewrite = { [unowned pair] datagram in
      guard datagram.local.address == TwoGateways.leftAddress, let message = try? ReceivedMessage(datagram.bytes),
        message.header.exchangeType == .initial, let plain = try? message.plain()
      else { return datagram }
      requests.append(plain)
      guard isFirst else { return datagram }
      isFirst = false
      var header = message.header
      (header.isFromInitiator, header.isResponse) = (false, true)
      let answer = IKEMessage(header: header, payloads: [.notify(NotifyPayload(.cookie, data: [1, 2, 3]))])
      pair.send([IKEDatagram(uplink: "isp", local: right, remote: left, bytes: answer.encoded())])
      return nil
    }
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(requests.count == 2)
    #expect(requests[1].payloads == [.notify(NotifyPayload(.cookie, data: [1, 2, 3]))] + requests[0].payloads)
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a peer that asks for cookie after cookie is not humoured for ever")
  func endlessCookies() throws {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] datagram in
      guard let message = try? ReceivedMessage(datagram.bytes), !message.header.isResponse else { return datagram }
      var header = message.header
      (header.isFromInitiator, header.isResponse) = (false, true)
      let cookie = NotifyPayload(.cookie, data: [UInt8(pair.wire.count & 0xFF)])
      let answer = IKEMessage(header: header, payloads: [.notify(cookie)])
      pair.send([IKEDatagram(uplink: "isp", local: right, remote: left, bytes: answer.encoded())])
      return nil
    }
    pair.configure()
    pair.run(for: .seconds(16))
    #expect(pair.left.failures.first?.cause == "the peer asks for one retry too many")
    #expect(pair.left.sent.count < 12)
  }

  @Test("INVALID_KE_PAYLOAD for a group that was not offered is no way to weaken the exchange")
  func weakGroup() {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] datagram in
      guard let message = try? ReceivedMessage(datagram.bytes), !message.header.isResponse else { return datagram }
      var header = message.header
      (header.isFromInitiator, header.isResponse) = (false, true)
      let answer = IKEMessage(header: header, payloads: [.notify(NotifyPayload(wanting: .modp2048))])
      pair.send([IKEDatagram(uplink: "isp", local: right, remote: left, bytes: answer.encoded())])
      return nil
    }
    pair.configure()
    pair.run(for: .seconds(16))
    #expect(pair.left.failures.first?.cause == "the peer asks for key exchange modp2048, which we did not offer")
    #expect(Set(pair.left.sent.map(\.bytes)).count == 1)
  }

  @Test("a critical payload of unknown type in IKE_SA_INIT is refused, and no session is kept")
  func criticalInInit() throws {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.configure()
    var message = try ReceivedMessage(try #require(pair.left.sent.first).bytes).plain()
    message.payloads.append(.unknown(UnknownPayload(type: PayloadType(rawValue: 99), body: [])))
    var bytes = message.encoded()
    bytes[bytes.count - 3] = 0x80
    let answers = deliver(bytes, to: pair)
    let answer = try ReceivedMessage(try #require(answers.first).bytes).plain()
    #expect(answer.payloads == [.notify(NotifyPayload(.unsupportedCriticalPayload, data: [99]))])
    #expect(pair.right.sessionCount == 0)
  }

  // The deviation attack: somebody on the way leads an initiator to another gateway than it means, again and again, so that
  // SAs pile up which the one has and the other does not. The initiator names whom it means (IDr) and has one attempt at a
  // time; the other gateway makes no SA for somebody who means another.
  @Test("an initiator that is led astray leaves no SA behind, at either end")
  func deviation() {
    let pair = TwoGateways()
    pair.configure(right: { $0.localIdentity = .fqdn("other.test") })
    for _ in 0..<200 {
      pair.run(for: .seconds(3))
      // What is over stays for ten seconds to repeat its last response, and attempts are ever rarer.
      #expect(pair.left.sessionCount <= 5)
      #expect(pair.right.sessionCount <= 5)
    }
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.established.isEmpty && pair.right.established.isEmpty)
    #expect(pair.left.failures.count > 5)
  }

  @Test("an exchange of unknown type is refused with INVALID_SYNTAX, once, and the IKE SA stands")
  func unknownExchange() throws {
    let pair = TwoGateways.established()
    let request = try seal(ExchangeType(rawValue: 240), [], in: pair)
    let answers = deliver(request, to: pair)
    #expect(try open(answers.first, in: pair) == [.notify(NotifyPayload(.invalidSyntax))])
    #expect(deliver(request, to: pair).map(\.bytes) == answers.map(\.bytes))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a critical payload of unknown type in an established SA fails its exchange and nothing else")
  func criticalInEstablished() throws {
    let pair = TwoGateways.established()
    let session = try #require(pair.left.establishedSessions.first)
    let header = session.header(
      .informational, isResponse: false, messageID: try #require(session.requests.nextMessageID))
    let sealed = try #require(session.sa).protection.seal(
      header, ProtectedContents(first: PayloadType(rawValue: 99), bytes: [0, 0x80, 0, 4]), position: nil)
    let answers = deliver(sealed, to: pair)
    #expect(
      try open(answers.first, in: pair) == [.notify(NotifyPayload(.unsupportedCriticalPayload, data: [99]))])
    #expect(pair.haveOneMatchingChild)
  }

  @Test("authentic nonsense is answered with INVALID_SYNTAX, and the SA is given up")
  func invalidSyntax() throws {
    let pair = TwoGateways.established()
    let nonsense = Payload.unknown(UnknownPayload(type: .delete, body: [3, 4, 0, 9]))
    let answers = deliver(try seal(.informational, [nonsense], in: pair), to: pair)
    #expect(try open(answers.first, in: pair) == [.notify(NotifyPayload(.invalidSyntax))])
    #expect(pair.right.installed.isEmpty)
    #expect(pair.right.closings.count == 1)
  }

  @Test("a rekey of a Child SA that does not exist: CHILD_SA_NOT_FOUND with its SPI")
  func childNotFound() throws {
    let pair = TwoGateways.established()
    let spi = ESPSPI(rawValue: 0xDEAD_BEEF)
    let answers = deliver(
      try seal(.createChildSA, [.notify(NotifyPayload(.rekeySA, childSPI: spi))], in: pair), to: pair)
    #expect(try open(answers.first, in: pair) == [.notify(NotifyPayload(.childSANotFound, childSPI: spi))])
    #expect(pair.haveOneMatchingChild)
  }

  @Test("an initiator that refuses our proof of identity after IKE_AUTH ends the session (RFC 7296 section 2.21.2)")
  func lateAuthenticationFailure() throws {
    let pair = TwoGateways.established()
    let refusal = Payload.notify(NotifyPayload(.authenticationFailed))
    #expect(deliver(try seal(.informational, [refusal], in: pair), to: pair).count == 1)
    #expect(pair.right.installed.isEmpty)
    #expect(
      pair.right.failures.map(\.cause) == ["authentication failed: the peer refused our identity, or our proof of it"])
  }

  @Test("a forged answer with a bad public value does not keep the real one out")
  func forgedAnswer() throws {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] datagram in
      guard datagram.local.address == TwoGateways.rightAddress, let message = try? ReceivedMessage(datagram.bytes),
        message.header.exchangeType == .initial, var forged = try? message.plain()
      else { return datagram }
      forged.header.responderSPI = IKESPI(rawValue: 0xBAD)
      forged.payloads = forged.payloads.map { payload in
        guard case .keyExchange = payload else { return payload }
        return .keyExchange(KeyExchangePayload(method: .curve25519, publicValue: Array(repeating: 0, count: 32)))
      }
      let arrived = IKEDatagram(uplink: "isp", local: left, remote: right, bytes: forged.encoded())
      pair.send(pair.left.handle(.datagram(arrived), at: pair.clock.now))
      return datagram
    }
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.failures.isEmpty)
  }

  @Test("a higher major version is answered with INVALID_MAJOR_VERSION, IKEv1 and responses not at all")
  func versions() throws {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.configure()
    var bytes = try #require(pair.left.sent.first).bytes
    bytes[17] = 0x30
    let answer = try ReceivedMessage(try #require(deliver(bytes, to: pair).first).bytes).plain()
    #expect(answer.payloads == [.notify(NotifyPayload(.invalidMajorVersion))])
    bytes[19] |= 0x20
    #expect(deliver(bytes, to: pair).isEmpty)
    bytes[17] = 0x10
    #expect(deliver(bytes, to: pair).isEmpty)
    #expect(deliver([], to: pair).isEmpty)
  }

  @Test("replaying everything that was ever sent changes nothing")
  func replay() {
    let pair = TwoGateways.established()
    if let spi = pair.left.installed.keys.first {
      pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    }
    pair.run(for: .seconds(1))
    let installed = (pair.left.installed, pair.right.installed)
    for datagram in pair.left.sent + pair.right.sent { pair.send([datagram]) }
    pair.run(for: .seconds(9))
    #expect(pair.left.installed == installed.0)
    #expect(pair.right.installed == installed.1)
    #expect(pair.left.closings.isEmpty && pair.right.closings.isEmpty)
    #expect(pair.left.established.count == 1)
  }

  @Test("a holder of the keys who sends random payloads traps nothing", arguments: 0..<10 as Range<UInt64>)
  func authenticFuzz(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let exchanges: [ExchangeType] = [.createChildSA, .informational, .authentication, ExchangeType(rawValue: 77)]
    for _ in 0..<150 {
      let pair = TwoGateways.established()
      for _ in 0..<3 {
        let payloads = (0..<(random.next() % 4)).map { _ in
          Payload.unknown(
            UnknownPayload(
              type: PayloadType(rawValue: UInt8(33 + random.next() % 18)),
              body: random.randomBytes(Int(random.next() % 40))))
        }
        let type = exchanges[Int(random.next() % 4)]
        _ = deliver(try seal(type, payloads, in: pair), to: pair)
      }
      #expect(pair.right.installed.count <= 1)
    }
  }
}
