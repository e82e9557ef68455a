import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Liveness (RFC 7296 section 2.4)")
struct LivenessTests {
  @Test("a peer is asked at once when packets go out and none come in, but not while it is being asked")
  func unansweredTraffic() {
    let pair = TwoGateways.established()
    pair.run(for: .seconds(3))
    let before = pair.left.sent.count
    pair.handle(pair.left, .unansweredTraffic(connection: "tunnel"))
    #expect(pair.left.sent.count == before + 1)
    pair.handle(pair.left, .unansweredTraffic(connection: "tunnel"))
    #expect(pair.left.sent.count == before + 1)
    pair.run(for: .milliseconds(100))
    pair.handle(pair.left, .unansweredTraffic(connection: "tunnel"))
    #expect(pair.left.sent.count == before + 1, "it has just answered")
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a dead peer is found 15.5 seconds after the doubt, without waiting for the interval")
  func deadPeer() {
    let pair = TwoGateways.established { $0.deadPeerInterval = .seconds(60) }
    pair.run(for: .seconds(3))
    pair.rewrite = { _ in nil }
    pair.handle(pair.left, .unansweredTraffic(connection: "tunnel"))
    pair.run(for: .seconds(15))
    #expect(pair.left.closings.isEmpty)
    pair.run(for: .seconds(1))
    #expect(pair.left.closings == ["the peer has stopped answering (dead peer detection)"])
  }

  @Test("who is not to be asked is not asked")
  func never() {
    let pair = TwoGateways.established { $0.deadPeerInterval = .zero }
    pair.run(for: .seconds(3))
    let before = pair.left.sent.count
    pair.handle(pair.left, .unansweredTraffic(connection: "tunnel"))
    #expect(pair.left.sent.count == before)
  }

  // left                                       right
  //                          (lost) ╳───────── CREATE_CHILD_SA, rekey of the IKE SA
  //      CREATE_CHILD_SA, a further Child SA ▶
  //      ◀──────────────── TEMPORARY_FAILURE
  //      ◀──────────────── rekey again
  //      the further Child SA, again ────────▶
  @Test("a further Child SA that the peer was too busy for is asked for again")
  func temporaryFailure() {
    let pair = TwoGateways.established()
    pair.rewrite = { $0.isRequest(.createChildSA, from: TwoGateways.rightAddress) ? nil : $0 }
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.handle(
      pair.left,
      .createChild(
        connection: "tunnel", localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)]))
    pair.run(for: .milliseconds(100))
    #expect(pair.errors(sentBy: pair.right) == [.temporaryFailure])
    #expect(pair.left.childrenEstablished.count == 1)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(8))
    #expect(pair.left.childrenEstablished.count == 2)
    #expect(pair.left.installed.count == 2 && pair.right.installed.count == 2)
  }
}
