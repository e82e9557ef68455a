import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 7296 sections 2.8.1 and 2.25.1. In the drawings `a1` is the pair that both ends replace, seen from A (left), and
/// `b1` the same pair seen from B (right).
@Suite("Collisions over a Child SA")
struct ChildCollisionTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  private func rekeyChild(_ gateway: Gateway, of pair: TwoGateways) throws {
    let spi = try #require(gateway.installed.keys.first)
    pair.handle(gateway, .rekeyChild(connection: "tunnel", inboundSPI: spi))
  }

  private func expectOneTunnel(_ pair: TwoGateways) {
    #expect(pair.haveOneMatchingChild)
    for gateway in [pair.left, pair.right] {
      #expect(gateway.failures.isEmpty)
      #expect(gateway.closings.isEmpty)
      #expect(gateway.establishedSessions.first?.children.count == 1)
      #expect(gateway.establishedSessions.first?.children.values.first?.state == .installed)
    }
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni1  ──╮ ╭──  N(REKEY_SA b1), SA(b2), Ni2
  //                              ◀─┼─╯
  //                                ╰─▶
  // SA(a3), Nr2                  ──╮ ╭──  SA(b3), Nr1              both have answered: four nonces are known
  //                              ◀─┴─┴─▶
  // whose exchange holds the lowest nonce deletes its own new pair; the other deletes a1/b1
  @Test(
    "both ends rekey at once: the pair with the lowest of the four nonces goes",
    arguments: 1...20 as ClosedRange<UInt64>)
  func simultaneous(seed: UInt64) throws {
    let pair = TwoGateways.established(seed: seed)
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .milliseconds(15))
    // Each end now holds the pair that it made as responder beside the old one.
    let fromB = try #require(pair.left.establishedSessions.first?.children.values.first { $0.replaces != nil })
    let fromA = try #require(pair.right.establishedSessions.first?.children.values.first { $0.replaces != nil })
    pair.run(for: .milliseconds(200))
    expectOneTunnel(pair)
    let survivor = try #require(pair.left.installed.values.first)
    #expect((survivor.outboundSPI == fromA.inboundSPI) == fromB.nonces.lose(against: fromA.nonces))
    #expect((survivor.inboundSPI == fromB.inboundSPI) == fromA.nonces.lose(against: fromB.nonces))
    // The end that stepped back has never sent on its own pair: it has not installed it.
    #expect(pair.left.childrenEstablished.count + pair.right.childrenEstablished.count == 5)
  }

  // A                                         B
  //                                   ╭──  N(REKEY_SA b1) …        slow
  // N(REKEY_SA a1) …             ────┼─▶
  //                              ◀───┼───  SA(b3), Nr1             B knows of both, A does not
  // D(a1)                        ────┼─▶
  //                              ◀───┼───  D(b1)
  //                              ◀───╯
  // N(CHILD_SA_NOT_FOUND)        ──────▶                            B ignores it
  @Test("the peer's rekey arrives when ours is done: CHILD_SA_NOT_FOUND, which the peer ignores")
  func unnoticed() throws {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isRequest(.createChildSA, from: b) ? .delay(.milliseconds(300)) : .deliver
    }
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .milliseconds(200))
    expectOneTunnel(pair)
    pair.run(for: .milliseconds(400))
    #expect(pair.errors(sentBy: pair.left) == [.childSANotFound])
    expectOneTunnel(pair)
    #expect(pair.left.childrenEstablished.count == 2)
  }

  // A                                         B
  //                                   ╭──  N(REKEY_SA b1) …        slow
  // N(REKEY_SA a1) …             ────┼─▶
  //                              ◀───┼───  SA(b3), Nr1
  // D(a1)                        ─ ─ ┼ ─                            lost
  //                              ◀───╯
  // N(TEMPORARY_FAILURE)         ──────▶                            A is closing a1
  // D(a1)                        ──────▶                            again
  @Test("the peer's rekey arrives while we delete the old pair: TEMPORARY_FAILURE, which the peer ignores")
  func rekeyOfADyingPair() throws {
    let pair = TwoGateways.established()
    var isFirstDelete = true
    pair.wire.fate = { [a, b] _, datagram in
      if datagram.isRequest(.createChildSA, from: b) { return .delay(.milliseconds(100)) }
      guard datagram.isRequest(.informational, from: a), isFirstDelete else { return .deliver }
      isFirstDelete = false
      return .lose
    }
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .seconds(1))
    #expect(pair.errors(sentBy: pair.left) == [.temporaryFailure])
    expectOneTunnel(pair)
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni1  ──╮ ╭──  D(b1)
  //                              ◀─┼─╯
  // D(a1)                        ──┼───▶
  //                                ╰───▶
  //                              ◀─────  N(TEMPORARY_FAILURE)      or CHILD_SA_NOT_FOUND once the response is there
  // SA, Ni, TSi, TSr             ──────▶                            A sets tunnels up, so it begins from scratch
  @Test("we rekey what the peer deletes: the peer refuses, and the end that sets tunnels up begins anew")
  func rekeyAgainstDelete() throws {
    let pair = TwoGateways.established()
    let doomed = try #require(pair.right.installed.keys.first)
    try rekeyChild(pair.left, of: pair)
    pair.handle(pair.right, .deleteChild(connection: "tunnel", inboundSPI: doomed))
    pair.run(for: .seconds(5))
    let refusals: [NotifyType] = [.temporaryFailure, .childSANotFound]
    #expect(pair.errors(sentBy: pair.right).allSatisfy(refusals.contains))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.failures.isEmpty)
    #expect(pair.left.installed.values.first?.outboundSPI != doomed)
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni1  ──────▶
  //                                ╭───  SA(b2), Nr                slow
  //                              ◀─┼───  D(b1)                     overtakes
  // D(a1)                        ──┼───▶
  //                              ◀─╯                                A installs a2/b2 with nothing left to delete
  @Test("a DELETE of the old pair overtakes the response to our rekey: the new pair stands")
  func deleteOvertakesResponse() throws {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isResponse(.createChildSA, from: b) ? .delay(.milliseconds(300)) : .deliver
    }
    try rekeyChild(pair.left, of: pair)
    let old = try #require(pair.right.installed.keys.first)
    pair.run(for: .milliseconds(15))
    pair.handle(pair.right, .deleteChild(connection: "tunnel", inboundSPI: old))
    pair.run(for: .milliseconds(100))
    #expect(pair.left.installed.isEmpty)
    pair.run(for: .milliseconds(400))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.childrenEstablished.count == 2)
  }

  // A                                         B
  // D(a1)                        ──╮ ╭──  D(b1)
  //                              ◀─┴─┴─▶
  // (empty)                      ──────▶                            neither names the pair again
  @Test("both ends delete the same pair at once: neither names it in its response")
  func bothDelete() throws {
    let pair = TwoGateways.established()
    let left = try #require(pair.left.installed.keys.first)
    let right = try #require(pair.right.installed.keys.first)
    pair.handle(pair.left, .deleteChild(connection: "tunnel", inboundSPI: left))
    pair.handle(pair.right, .deleteChild(connection: "tunnel", inboundSPI: right))
    pair.run(for: .seconds(10))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.closings.isEmpty)
  }

  // A                                         B
  // INFORMATIONAL                ──────▶                            A's request is out, so its rekey has to wait
  //                              ◀─────  N(REKEY_SA b1) …
  // SA(a3), Nr2                  ──────▶                            A's own rekey is dropped unsent
  @Test("the peer is faster than our rekey, which is still queued: ours is dropped")
  func queuedRekey() throws {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isResponse(.informational, from: b) ? .delay(.milliseconds(800)) : .deliver
    }
    // A asks whether B is alive, and the response is slow.
    pair.left.establishedSessions.first?.enqueue(.informational, [InitiateLiveness()])
    try rekeyChild(pair.left, of: pair)
    try rekeyChild(pair.right, of: pair)
    pair.run(for: .seconds(1))
    expectOneTunnel(pair)
    #expect(pair.left.childrenEstablished.count == 2)
    #expect(pair.right.childrenEstablished.count == 2)
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni1  ──────▶
  //                              ◀─────  SA(b2), Nr
  // D(a2)                        ──────▶                            A cannot use what B has answered
  //                              ◀─────  D(b2)                     B goes on with b1, and may rekey it again
  @Test("the peer deletes the pair that it has replaced ours with: the old one goes on")
  func replacementWithdrawn() throws {
    let pair = TwoGateways.established()
    try rekeyChild(pair.left, of: pair)
    pair.run(for: .milliseconds(25))
    let session = try #require(pair.right.establishedSessions.first)
    let new = try #require(session.children.values.first { $0.replaces != nil })
    let old = try #require(new.replaces)
    #expect(session.children[old]?.state == .replaced)
    let context = SessionContext(
      now: pair.clock.now, random: SeededRandom(seed: 9), directory: ConnectionDirectory(), credentials: .none)
    session.removeChild(new.inboundSPI, reason: "test")
    session.reinstateReplaced(by: new, context)
    #expect(session.children[old]?.state == .installed)
  }

  // A                                         B
  // N(REKEY_SA a1), SA(a2), Ni   ──────▶
  //                                ╭───  SA(b2), Nr                slow; A does not know b2 yet
  //                                │     N(REKEY_SA b2) …          held back until A's next request
  //                              ◀─╯
  // D(a1)                        ──────▶                            A has the response
  //                              ◀─────  N(REKEY_SA b2) …
  @Test(
    "a pair of which the peer may not know yet is neither rekeyed nor deleted (found by seed 61)",
    arguments: [true, false])
  func overtakingOurOwnResponse(isRekey: Bool) throws {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isResponse(.createChildSA, from: b) ? .delay(.milliseconds(300)) : .deliver
    }
    let old = try #require(pair.right.installed.keys.first)
    try rekeyChild(pair.left, of: pair)
    pair.run(for: .milliseconds(15))
    let new = try #require(pair.right.installed.keys.first { $0 != old })
    pair.handle(
      pair.right,
      isRekey
        ? .rekeyChild(connection: "tunnel", inboundSPI: new) : .deleteChild(connection: "tunnel", inboundSPI: new))
    pair.run(for: .seconds(3))
    #expect(pair.errors(sentBy: pair.left).isEmpty)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.installed[new] == nil)
    #expect(pair.left.installed.values.allSatisfy { $0.outboundSPI != new })
  }

  // A                                         B
  // D(a1)                        ──────▶                            the last pair goes
  // SA(a2), Ni1, TSi, TSr        ──╮ ╭──  SA(b2), Ni2, TSi, TSr    both ends set tunnels up
  //                              ◀─┴─┴─▶
  // whose exchange holds the lowest nonce deletes its pair
  @Test(
    "both ends bring the missing pair back at once: one is left (found by seed 244)",
    arguments: 1...20 as ClosedRange<UInt64>)
  func bothReplaceMissing(seed: UInt64) throws {
    let pair = TwoGateways(seed: seed)
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(1))
    let spi = try #require(pair.left.installed.keys.first)
    pair.handle(pair.left, .deleteChild(connection: "tunnel", inboundSPI: spi))
    pair.run(for: .milliseconds(25))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    for session in pair.left.establishedSessions + pair.right.establishedSessions {
      session.childRetry = pair.clock.now
    }
    pair.handle(pair.left, .timeout)
    pair.handle(pair.right, .timeout)
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
  }

  // A                                         B
  // SA(A1), Ni, KE               ──────▶
  //     A wants the IKE SA gone
  //                              ◀──────  SA, Nr, KE               nothing is installed at A
  // D(IKE)                       ──────▶
  @Test("the response to a rekey in an IKE SA that is to be deleted brings no pair into use")
  func rekeyBeforeDelete() throws {
    let pair = TwoGateways.established()
    try rekeyChild(pair.left, of: pair)
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(2))
    #expect(pair.right.childrenEstablished.count == 2)
    #expect(pair.left.childrenEstablished.count == 1)
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
  }
}
