import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 6290.
@Suite("Quick crash detection")
struct CrashDetectionTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  private func give(_ gateway: Gateway, in pair: TwoGateways) {
    let secret = SecretBytes(Array(repeating: gateway === pair.left ? 1 : 2, count: 32))
    pair.handle(gateway, .recovery(secret: secret, secondsSince1970: 1_000))
  }

  private func established() -> TwoGateways {
    let pair = TwoGateways()
    give(pair.left, in: pair)
    give(pair.right, in: pair)
    pair.configure()
    pair.run(for: .seconds(1))
    return pair
  }

  /// Kills the right gateway and brings it back without its IKE SAs.
  private func restartRight(of pair: TwoGateways) {
    pair.right.restart(seed: 99)
    configureRight(of: pair)
  }

  private func configureRight(of pair: TwoGateways) {
    give(pair.right, in: pair)
    pair.handle(pair.right, .configure([IKEConnection.sample(initiates: false).mirrored]))
  }

  // A                                         B
  //                                           (restarts)
  // INFORMATIONAL {}                  ──▶     has no such IKE SA
  //                                   ◀──  N(INVALID_IKE_SPI), N(QCD_TOKEN)   in clear
  // IKE_SA_INIT                       ──▶
  @Test(
    "a peer that has restarted is found out by the next message, and the tunnel is set up anew at once"
  )
  func restart() {
    let pair = established()
    restartRight(of: pair)
    // The next liveness check is due 10 s after the last message; without the token it would be 15.5 s more.
    pair.run(for: .seconds(11))
    #expect(pair.left.reports.contains { $0.content == .lostByPeer })
    #expect(pair.left.established.count == 2)
    // What the peer has lost may be its ike process alone: the old pair carries traffic until the new one does.
    #expect(pair.left.installed.count == 2)
    pair.run(for: .seconds(27))
    #expect(pair.left.installed.count == 1 && pair.left.sessionCount == 1)
    #expect(pair.left.installed.values.first.map { pair.right.installed[$0.outboundSPI] != nil } == true)
  }

  // A                                         B
  //                                           (loses power, and comes back)
  // INFORMATIONAL {}                  ──▶
  //                                   ◀──  N(INVALID_IKE_SPI), N(QCD_TOKEN)   in clear
  // IKE_SA_INIT, IKE_AUTH             ◀─▶  N(INITIAL_CONTACT)
  @Test("what a gateway has lost that has come up anew is dropped as soon as the tunnel is there again")
  func reboot() {
    let pair = established()
    pair.right.restart(seed: 99)
    pair.handle(pair.right, .initialContact)
    configureRight(of: pair)
    pair.run(for: .seconds(11))
    #expect(pair.left.established.count == 2)
    #expect(pair.left.installed.count == 1 && pair.left.sessionCount == 1)
  }

  // A                                         B
  // (restarts, and waits)
  //                                   ◀──  INFORMATIONAL {}
  // N(INVALID_IKE_SPI), N(QCD_TOKEN)  ──▶  waits for A, and reports
  @Test("a gateway that waits for its peer learns it too, and keeps its address for the peer's own IKE_SA_INIT")
  func waitingEnd() {
    let pair = established()
    pair.left.restart(seed: 99)
    give(pair.left, in: pair)
    pair.handle(pair.left, .configure([IKEConnection.sample(initiates: false)]))
    pair.run(for: .seconds(12))
    #expect(pair.right.reports.contains { $0.content == .lostByPeer })
    #expect(pair.right.established.count == 1)
    pair.run(for: .seconds(30))
    #expect(pair.right.installed.isEmpty && pair.right.sessionCount == 0)
  }

  @Test("the IKE SA's successor has tokens of its own")
  func afterRekey() {
    let pair = established()
    let before = pair.left.establishedSessions.first?.peerToken.token
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    for gateway in [pair.left, pair.right] {
      #expect(gateway.establishedSessions.first?.peerToken.token != nil)
      #expect(gateway.establishedSessions.first?.peerToken.token != before)
    }
    restartRight(of: pair)
    pair.run(for: .seconds(12))
    #expect(pair.left.reports.contains { $0.content == .lostByPeer })
    #expect(pair.left.established.count == 3)
  }

  @Test("a wrong token, or none, is not believed")
  func forged() throws {
    for token: [UInt8]? in [
      nil, [], Array(repeating: 0, count: 32), Array(repeating: 0, count: 16),
    ] {
      let pair = established()
      pair.rewrite = { [b] datagram in
        guard datagram.isResponse(.informational, from: b),
          let header = try? ReceivedMessage(datagram.bytes).header
        else { return datagram }
        let payloads =
          [Payload.notify(NotifyPayload(.invalidIKESPI))]
          + (token.map { [.notify(NotifyPayload(.crashToken, data: $0))] } ?? [])
        var forged = datagram
        forged.bytes = IKEMessage(header: header, payloads: payloads).encoded()
        return forged
      }
      pair.run(for: .seconds(12))
      #expect(!pair.left.reports.contains { $0.content == .lostByPeer })
      #expect(pair.haveOneMatchingChild)
    }
  }

  @Test(
    "nobody is told the token of an IKE SA that is there, whatever flags and SPIs he tries",
    arguments: 0..<8)
  func noOracle(flags: Int) throws {
    let pair = established()
    let session = try #require(pair.right.establishedSessions.first)
    let token = CrashTokens(recoverySecret: SecretBytes(Array(repeating: 2, count: 32)))
      .token(session.initiatorSPI, session.responderSPI)
    for type: ExchangeType in [.authentication, .createChildSA, .informational, .intermediate] {
      let header = IKEHeader(
        initiatorSPI: session.initiatorSPI,
        responderSPI: flags & 4 == 0 ? session.responderSPI : IKESPI(rawValue: 7),
        exchangeType: type, isFromInitiator: flags & 1 != 0, isResponse: flags & 2 != 0,
        messageID: 3)
      let datagram = IKEDatagram(
        uplink: "isp", local: session.path.local, remote: session.path.remote,
        bytes: IKEMessage(header: header, payloads: []).encoded())
      for answer in pair.right.handle(.datagram(datagram), at: pair.clock.now) {
        #expect(
          try ReceivedMessage(answer.bytes).plain().payloads.notify(.crashToken)?.data != token)
      }
    }
  }

  @Test("an answer goes back to where the request came from, and is never longer", arguments: [0, 31, 32, 100])
  func noAmplification(length: Int) {
    let pair = established()
    let header = IKEHeader(
      initiatorSPI: IKESPI(rawValue: 5), responderSPI: IKESPI(rawValue: 7), exchangeType: .informational,
      isFromInitiator: true, isResponse: false, messageID: 3)
    // A payload of which only the length matters: 4 bytes of header.
    let payloads: [Payload] =
      length < 4 ? [] : [.vendorID(VendorIDPayload(bytes: Array(repeating: 0, count: length - 4)))]
    let request = IKEMessage(header: header, payloads: payloads).encoded()
    let datagram = IKEDatagram(
      uplink: "isp", local: Endpoint(b, port: 4500), remote: Endpoint(a, port: 7777), bytes: request)
    let answers = pair.right.handle(.datagram(datagram), at: pair.clock.now)
    #expect(answers.count == (length < 32 ? 0 : 1))
    #expect(answers.allSatisfy { $0.bytes.count <= request.count && $0.remote == datagram.remote })
  }

  // A                                         B
  //                              ◀──  CREATE_CHILD_SA {SA with SPIi', Ni, KEi}
  // CREATE_CHILD_SA {SA, Nr, KEr}    ──▶  (late)
  // INFORMATIONAL of SPIi'/SPIr' {}  ──▶  not known yet, but not lost either
  @Test("no token goes out for an IKE SA that our own rekey is about to bring")
  func overtakenRekey() throws {
    let pair = established()
    _ = pair.right.handle(.rekeyIKE(connection: "tunnel"), at: pair.clock.now)
    let rekey = pair.right.establishedSessions.first?.requests.outstanding?.exchange.tasks.first as? InitiateIKERekey
    let spi = try #require(rekey?.spi)
    func answers(to spi: IKESPI) -> Int {
      let header = IKEHeader(
        initiatorSPI: spi, responderSPI: IKESPI(rawValue: 7), exchangeType: .informational, isFromInitiator: false,
        isResponse: false, messageID: 0)
      let datagram = IKEDatagram(
        uplink: "isp", local: Endpoint(b, port: 4500), remote: Endpoint(a, port: 4500),
        bytes: IKEMessage(header: header, payloads: [.vendorID(VendorIDPayload(bytes: Array(repeating: 0, count: 40)))])
          .encoded())
      return pair.right.handle(.datagram(datagram), at: pair.clock.now).count
    }
    #expect(answers(to: spi) == 0)
    #expect(answers(to: IKESPI(rawValue: 9)) == 1)
  }

  @Test("every liveness check of ours is long enough to be answered with a token")
  func livenessLength() throws {
    let pair = established()
    pair.run(for: .seconds(30))
    let checks = pair.left.sent.filter { $0.isRequest(.informational, from: a) }
    #expect(!checks.isEmpty && checks.allSatisfy { $0.bytes.count >= 60 })
  }

  @Test("without a secret nobody is answered, and a flood gets 1,000 answers a second at most")
  func limits() {
    func answers(_ pair: TwoGateways) -> Int {
      (0..<2000).map { index in
        let header = IKEHeader(
          initiatorSPI: IKESPI(rawValue: UInt64(index + 1)), responderSPI: IKESPI(rawValue: 7),
          exchangeType: .informational, isFromInitiator: true, isResponse: false, messageID: 3)
        let datagram = IKEDatagram(
          uplink: "isp", local: Endpoint(b, port: 500), remote: Endpoint(a, port: 500),
          bytes: IKEMessage(
            header: header, payloads: [.vendorID(VendorIDPayload(bytes: Array(repeating: 0, count: 40)))]
          ).encoded())
        return pair.right.handle(.datagram(datagram), at: pair.clock.now).count
      }.reduce(0, +)
    }
    #expect(answers(TwoGateways.established()) == 0)
    #expect(answers(established()) == 1000)
  }
}
