import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 9370 section 2.2.4. In the drawings `a1` is the pair that is replaced, seen from A (left), and `b1` the same pair
/// seen from B (right).
@Suite("IKE_FOLLOWUP_KE: what may go wrong, and collisions")
struct FollowUpTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  private func established(seed: UInt64 = 1) -> TwoGateways {
    TwoGateways.established(seed: seed) { $0.demand([.mlkem768]) }
  }

  private func rekeyChild(_ gateway: Gateway, of pair: TwoGateways) throws {
    let spi = try #require(gateway.installed.keys.first)
    pair.handle(gateway, .rekeyChild(connection: "tunnel", inboundSPI: spi))
  }

  private func expectOneTunnel(_ pair: TwoGateways, _ comment: Comment? = nil) {
    #expect(pair.haveOneMatchingChild, comment)
    for gateway in [pair.left, pair.right] {
      #expect(gateway.closings.isEmpty, comment)
      #expect(gateway.establishedSessions.count == 1, comment)
      #expect(gateway.establishedSessions.first?.children.count == 1, comment)
      #expect(gateway.establishedSessions.first?.followUps.isEmpty == true, comment)
    }
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni, KEi(0)  ──▶
  //                              ◀──  SA(b2), Nr, KEr(0), N(ADDITIONAL_KEY_EXCHANGE)
  // (nothing: A has forgotten)
  @Test("what the initiator does not go on with is forgotten after 20 seconds: STATE_NOT_FOUND")
  func forgotten() throws {
    let pair = established()
    pair.rewrite = { [a] in $0.isRequest(.followUpKeyExchange, from: a) ? nil : $0 }
    try rekeyChild(pair.left, of: pair)
    pair.run(for: .milliseconds(100))
    let session = try #require(pair.right.establishedSessions.first)
    let link = try #require(session.followUps.first?.link)
    pair.run(for: .seconds(12))
    #expect(session.followUps.count == 1)
    pair.rewrite = { _ in nil }
    pair.run(for: .seconds(9))
    #expect(session.followUps.isEmpty)

    let peer = try #require(pair.left.sessions.first { $0.localSPI == session.remoteSPI })
    let request = IKEMessage(
      header: peer.header(.followUpKeyExchange, isResponse: false, messageID: session.responses.expectedMessageID),
      payloads: [.notify(NotifyPayload(.additionalKeyExchange, data: link))])
    let datagram = IKEDatagram(
      uplink: "isp", local: session.path.local, remote: session.path.remote,
      bytes: try #require(peer.sa).protection.seal(request))
    let answer = try #require(pair.right.handle(.datagram(datagram), at: pair.clock.now).first)
    let opened = try peer.sa?.protection.open(ReceivedMessage(answer.bytes))
    #expect(opened?.payloads == [.notify(NotifyPayload(.stateNotFound))])
  }

  @Test("an initiator that begins and never goes on does not fill the responder's memory")
  func bounded() throws {
    let pair = established()
    let session = try #require(pair.right.establishedSessions.first)
    for _ in 0..<20 {
      // The left gateway takes every answer for a refusal, and begins again.
      let peer = try #require(pair.left.establishedSessions.first)
      let task = InitiateChild(isFirst: false, local: [.any(.v4)], remote: [.any(.v4)])
      let context = SessionContext(
        now: pair.clock.now, random: SeededRandom(seed: 9), directory: ConnectionDirectory(), credentials: .none)
      let request = IKEMessage(
        header: peer.header(.createChildSA, isResponse: false, messageID: session.responses.expectedMessageID),
        payloads: try task.build(in: peer, context))
      let datagram = IKEDatagram(
        uplink: "isp", local: session.path.local, remote: session.path.remote,
        bytes: try #require(peer.sa).protection.seal(request))
      #expect(pair.right.handle(.datagram(datagram), at: pair.clock.now).count == 1)
      #expect(session.followUps.count <= AwaitedFollowUp.limit)
    }
    #expect(session.children.count == 1)
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni1  ──╮ ╭──  N(REKEY_SA b1), SA(b2), Ni2
  //                              ◀─┴─┴─▶
  // SA(a3), Nr2, N(ADD_KE)       ──╮ ╭──  SA(b3), Nr1, N(ADD_KE)    four nonces are known, and no pair exists yet
  //                              ◀─┴─┴─▶
  // whose exchange holds the lowest nonce just stops; the other goes on in IKE_FOLLOWUP_KE
  @Test(
    "both ends rekey a Child SA at once: the exchange with the lowest nonce does not go on",
    arguments: 1...20 as ClosedRange<UInt64>)
  func simultaneousChildRekey(seed: UInt64) throws {
    let pair = established(seed: seed)
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .seconds(1))
    expectOneTunnel(pair)
    #expect(pair.left.childrenEstablished.count == 2 && pair.right.childrenEstablished.count == 2)
    let asked = (pair.left.sent + pair.right.sent).filter {
      $0.isRequest(.followUpKeyExchange, from: a) || $0.isRequest(.followUpKeyExchange, from: b)
    }
    #expect(asked.count == 1)
    #expect(pair.left.failures.isEmpty && pair.right.failures.isEmpty)
  }

  // A                                         B
  //                                   ╭──  N(REKEY_SA b1) …         slow
  // N(REKEY_SA a1) …             ────┼─▶
  //                              ◀───┼───  SA(b3), Nr1, N(ADD_KE)
  // IKE_FOLLOWUP_KE              ─ ─ ┼ ─                             lost
  //                              ◀───╯
  // N(TEMPORARY_FAILURE)         ──────▶                             the four nonces come too late
  @Test("the peer's rekey arrives while ours is following up: TEMPORARY_FAILURE")
  func lateChildRekey() throws {
    let pair = established()
    var isFirst = true
    pair.wire.fate = { [a, b] _, datagram in
      if datagram.isRequest(.createChildSA, from: b) { return .delay(.milliseconds(100)) }
      guard datagram.isRequest(.followUpKeyExchange, from: a), isFirst else { return .deliver }
      isFirst = false
      return .lose
    }
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .milliseconds(300))
    #expect(pair.errors(sentBy: pair.left) == [.temporaryFailure])
    pair.run(for: .seconds(10))
    expectOneTunnel(pair)
    #expect(pair.left.childrenEstablished.count == 2)
  }

  // The same as two rekeys of a Child SA, with `[old] SA(A1) …` and `[old] SA(B2) …`.
  @Test(
    "both ends rekey the IKE SA at once: the exchange with the lowest nonce does not go on",
    arguments: 1...20 as ClosedRange<UInt64>)
  func simultaneousIKERekey(seed: UInt64) {
    let pair = established(seed: seed)
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(60))
    expectOneTunnel(pair)
    for gateway in [pair.left, pair.right] {
      #expect(gateway.established.count == 2)
      #expect(gateway.sessionCount == 1)
      #expect(gateway.failures.isEmpty)
    }
  }

  // A                                         B
  // [old] SA(A1), Ni, KE         ──────▶
  //                              ◀─────  [old] SA, Nr, KE, N(ADD_KE)
  //                                       B is asked to rekey b1, and waits: A is taking all Child SAs over as they are
  // [old] IKE_FOLLOWUP_KE        ──────▶
  //                              ◀─────  [old] KE
  //                              ◀─────  [new] N(REKEY_SA b1) …
  @Test("a change of a Child SA waits until the peer's rekey of the IKE SA is through")
  func childChangeWaits() throws {
    let pair = established()
    pair.wire.fate = { [a] _, datagram in
      datagram.isRequest(.followUpKeyExchange, from: a) ? .delay(.milliseconds(200)) : .deliver
    }
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .milliseconds(50))
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .milliseconds(50))
    #expect(!pair.right.sent.contains { $0.isRequest(.createChildSA, from: b) })
    pair.run(for: .seconds(2))
    expectOneTunnel(pair)
    #expect(pair.right.childrenEstablished.count == 2)
    #expect(pair.right.established.count == 2)
    #expect(pair.errors(sentBy: pair.left).isEmpty && pair.errors(sentBy: pair.right).isEmpty)
  }

  @Test("what waits for a peer that never goes on is done when that is forgotten")
  func childChangeGoesOn() throws {
    let pair = established()
    pair.rewrite = { [a] in $0.isRequest(.followUpKeyExchange, from: a) ? nil : $0 }
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .milliseconds(50))
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .seconds(10))
    #expect(!pair.right.sent.contains { $0.isRequest(.createChildSA, from: b) })
    pair.run(for: .seconds(11))
    #expect(pair.right.sent.contains { $0.isRequest(.createChildSA, from: b) })
  }

  @Test("closing the tunnel in the middle of a rekey closes it", arguments: [true, false])
  func closeInBetween(isIKE: Bool) throws {
    let pair = established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isResponse(.createChildSA, from: b) ? .delay(.milliseconds(200)) : .deliver
    }
    if isIKE { pair.handle(pair.left, .rekeyIKE(connection: "tunnel")) } else { try rekeyChild(pair.left, of: pair) }
    pair.run(for: .milliseconds(50))
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(60))
    for gateway in [pair.left, pair.right] {
      #expect(gateway.installed.isEmpty)
      #expect(gateway.sessionCount == 0)
      #expect(gateway.closings.count == 1)
    }
  }
}
