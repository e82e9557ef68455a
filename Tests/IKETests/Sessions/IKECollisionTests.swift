import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 7296 sections 2.8.2 and 2.25.2. In the drawings A is the left gateway and B the right one; `[old]`, `[A1]` and `[B2]`
/// say in which IKE SA a message travels.
@Suite("Collisions over the IKE SA")
struct IKECollisionTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  private func rekeyBoth(_ pair: TwoGateways) {
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
  }

  /// One IKE SA at each end, the same one, and the Child SA of the beginning.
  private func expectOneTunnel(_ pair: TwoGateways, established: Int = 2) throws {
    #expect(pair.haveOneMatchingChild)
    let left = try #require(pair.left.establishedSessions.first)
    let right = try #require(pair.right.establishedSessions.first)
    #expect(left.localSPI == right.remoteSPI && left.remoteSPI == right.localSPI)
    for gateway in [pair.left, pair.right] {
      #expect(gateway.establishedSessions.count == 1)
      #expect(gateway.established.count == established)
      #expect(gateway.failures.isEmpty)
      #expect(gateway.closings.isEmpty)
    }
  }

  // A                                         B
  // [old] SA(A1), Ni1, KE        ──╮ ╭──  [old] SA(B2), Ni2, KE
  //                              ◀─┴─┴─▶
  // [old] SA, Nr2, KE            ──╮ ╭──  [old] SA, Nr1, KE        four nonces are known at both ends
  //                              ◀─┴─┴─▶
  // the lowest nonce, say, is in A1:
  // [A1] D(IKE)                  ──────▶                            who created the loser deletes it
  //                              ◀─────  [old] D(IKE)              who created the winner deletes the old one
  @Test(
    "both ends rekey at once: the new IKE SA with the lowest of the four nonces goes",
    arguments: 1...20 as ClosedRange<UInt64>)
  func simultaneous(seed: UInt64) throws {
    let pair = TwoGateways.established(seed: seed)
    let child = pair.left.installed
    rekeyBoth(pair)
    pair.run(for: .milliseconds(15))
    let fromB = try #require(pair.left.establishedSessions.first?.crossing?.nonces)
    let fromA = try #require(pair.right.establishedSessions.first?.crossing?.nonces)
    pair.run(for: .seconds(1))
    try expectOneTunnel(pair)
    #expect(pair.left.installed == child)
    #expect(pair.left.establishedSessions.first?.isInitiator == fromB.lose(against: fromA))
    pair.run(for: .seconds(60))
    #expect(pair.left.sessionCount == 1)
    #expect(pair.right.sessionCount == 1)
    try expectOneTunnel(pair)
  }

  // A                                         B
  //                                   ╭──  [old] SA(B2), Ni2, KE   slow
  // [old] SA(A1), Ni1, KE        ────┼─▶
  //                              ◀───┼───  [old] SA, Nr1, KE       B knows of both, A does not
  // [old] D(IKE)                 ─ ─ ┼ ─                            lost
  //                              ◀───╯
  // [old] N(TEMPORARY_FAILURE)   ──────▶                            A is closing the old one: B forgets B2
  @Test("the peer's rekey arrives when ours is done: TEMPORARY_FAILURE, and the peer goes on with ours")
  func unnoticed() throws {
    let pair = TwoGateways.established()
    var isFirstDelete = true
    pair.wire.fate = { [a, b] _, datagram in
      if datagram.isRequest(.createChildSA, from: b) { return .delay(.milliseconds(100)) }
      guard datagram.isRequest(.informational, from: a), isFirstDelete else { return .deliver }
      isFirstDelete = false
      return .lose
    }
    rekeyBoth(pair)
    pair.run(for: .milliseconds(200))
    #expect(pair.errors(sentBy: pair.left) == [.temporaryFailure])
    try expectOneTunnel(pair)
    #expect(pair.left.establishedSessions.first?.isInitiator == true)
    pair.run(for: .seconds(60))
    try expectOneTunnel(pair)
  }

  // A                                         B
  //                                   ╭──  [old] SA(B2), Ni2, KE   slow
  // [old] SA(A1), Ni1, KE        ────┼─▶
  //                              ◀───┼───  [old] SA, Nr1, KE
  // [old] D(IKE)                 ────┼─▶                            A has not noticed: B forgets its own rekey
  //                              ◀───┼───  [old] (empty)
  //                              ◀───╯                              nobody is there to answer
  @Test("a DELETE of the old IKE SA overtakes the response to our rekey: ours is forgotten")
  func deleteOvertakesResponse() throws {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isRequest(.createChildSA, from: b) ? .delay(.milliseconds(400)) : .deliver
    }
    rekeyBoth(pair)
    pair.run(for: .seconds(60))
    try expectOneTunnel(pair)
    #expect(pair.left.establishedSessions.first?.isInitiator == true)
  }

  // A                                         B
  // [old] SA(A1), Ni1, KE        ──╮ ╭──  [old] SA(B2), Ni2, KE
  //                              ◀─┴─┴─▶
  // [old] SA, Nr2, KE            ──╮ ╭──  [old] SA, Nr1, KE
  //                        slow    │ ╰─▶
  // [A1] N(REKEY_SA) …           ──┼───▶                            A1 has won, and A uses it; B does not know yet
  //                                ╰───▶                            B2 is deleted
  @Test(
    "the peer uses its new IKE SA before the nonces of ours are known: that is how it has decided",
    arguments: 1...20 as ClosedRange<UInt64>)
  func successorInUse(seed: UInt64) throws {
    let pair = TwoGateways.established(seed: seed)
    rekeyBoth(pair)
    pair.wire.fate = { [a] _, datagram in
      datagram.isResponse(.createChildSA, from: a) ? .delay(.milliseconds(300)) : .deliver
    }
    pair.run(for: .milliseconds(30))
    if let spi = pair.left.installed.keys.first {
      pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    }
    pair.run(for: .seconds(60))
    try expectOneTunnel(pair)
    #expect(pair.left.childrenEstablished.count == 2)
  }

  // A                                         B
  // [old] N(REKEY_SA) …          ──╮ ╭──  [old] SA(B2), Ni2, KE
  //                              ◀─┴─┴─▶
  // [old] N(TEMPORARY_FAILURE)   ──╮ ╭──  [old] N(TEMPORARY_FAILURE)
  //                              ◀─┴─┴─▶                            both try again, each after a time of its own
  @Test("one end rekeys a Child SA while the other rekeys the IKE SA: both are refused, and both succeed later")
  func childAgainstIKE() throws {
    let pair = TwoGateways.established()
    let old = try #require(pair.left.installed.keys.first)
    pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: old))
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .milliseconds(100))
    #expect(pair.errors(sentBy: pair.left) == [.temporaryFailure])
    #expect(pair.errors(sentBy: pair.right) == [.temporaryFailure])
    pair.run(for: .seconds(30))
    #expect(pair.left.installed[old] == nil)
    try expectOneTunnel(pair)
  }

  // A                                         B
  // [old] SA(A1), Ni1, KE        ──╮ ╭──  [old] D(b1)
  //                              ◀─┼─╯
  // [old] D(a1)                  ──┼───▶                            as usual, RFC 7296 section 2.25.2
  //                                ╰───▶
  //                              ◀─────  [old] N(TEMPORARY_FAILURE)
  @Test("a Child SA is deleted while the IKE SA is rekeyed: the DELETE is answered, the rekey comes later")
  func childDeleteAgainstIKE() throws {
    let pair = TwoGateways.established()
    let spi = try #require(pair.right.installed.keys.first)
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.handle(pair.right, .deleteChild(connection: "tunnel", inboundSPI: spi))
    pair.run(for: .milliseconds(100))
    #expect(pair.errors(sentBy: pair.right) == [.temporaryFailure])
    pair.run(for: .seconds(30))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 2)
    #expect(pair.left.closings.isEmpty)
  }

  // A                                         B
  // [old] D(IKE)                 ──╮ ╭──  [old] N(REKEY_SA b1) …
  //                              ◀─┴─┴─▶
  // [old] N(TEMPORARY_FAILURE)   ──────▶
  @Test("a Child SA is rekeyed in an IKE SA that is being deleted: TEMPORARY_FAILURE, and the DELETE goes through")
  func createWhileDeleting() throws {
    let pair = TwoGateways.established()
    let spi = try #require(pair.right.installed.keys.first)
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.handle(pair.right, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    pair.run(for: .milliseconds(15))
    #expect(pair.errors(sentBy: pair.left) == [.temporaryFailure])
    pair.run(for: .seconds(60))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.sessionCount == 0 && pair.right.sessionCount == 0)
  }

  // A                                         B
  // [old] D(IKE)                 ──╮ ╭──  [old] D(IKE)
  //                              ◀─┴─┴─▶
  // [old] (empty)                ──╮ ╭──  [old] (empty)
  @Test("both ends delete the IKE SA at once: both answer as usual, and forget their own request")
  func bothDelete() {
    let pair = TwoGateways.established()
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.handle(pair.right, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(60))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.sessionCount == 0 && pair.right.sessionCount == 0)
    #expect(pair.left.sent.count == 4 && pair.right.sent.count == 4)
    #expect(pair.left.closings.count == 1 && pair.right.closings.count == 1)
  }

  // A                                         B
  // [old] SA(A1), Ni1, KE        ──╮ ╭──  [old] D(IKE)
  //                              ◀─┴─┴─▶
  // [old] (empty)                ──╮ ╭──  [old] N(TEMPORARY_FAILURE)
  @Test("the peer deletes the IKE SA that we rekey: we answer as usual and forget our rekey")
  func rekeyAgainstDelete() {
    let pair = TwoGateways.established()
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.handle(pair.right, .terminate(connection: "tunnel"))
    pair.run(for: .milliseconds(100))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["the peer has deleted the IKE SA"])
  }

  // A                                         B
  // [old] SA(A1), Ni1, KE        ──────▶
  //                                ╭───  [old] SA, Nr1, KE         slow; meanwhile A's operator closes the tunnel
  //                              ◀─╯
  // [old] D(IKE)                 ──────▶
  // [A1] D(IKE)                  ──────▶                            the tunnel is gone, not just its old IKE SA
  @Test("a tunnel that is closed while its rekey is out is closed in the new IKE SA too")
  func closedWhileRekeying() {
    let pair = TwoGateways.established()
    pair.wire.fate = { [b] _, datagram in
      datagram.isResponse(.createChildSA, from: b) ? .delay(.milliseconds(300)) : .deliver
    }
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .milliseconds(100))
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["closed by the operator"])
    #expect(pair.right.closings == ["the peer has deleted the IKE SA"])
    pair.run(for: .seconds(60))
    #expect(pair.left.sessionCount == 0 && pair.right.sessionCount == 0)
  }
}
