import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Setting a tunnel up and taking it down")
struct EstablishmentTests {
  @Test("four messages bring an IKE SA and a Child SA with the same keys at both ends")
  func fourMessages() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.count == 2)
    #expect(pair.right.sent.count == 2)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 1)
    #expect(pair.right.established.count == 1)
    #expect(pair.left.established.first?.suite == pair.right.established.first?.suite)
    #expect(pair.left.failures.isEmpty)
  }

  @Test("a terminated connection is deleted at both ends and stays down")
  func terminate() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(120))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["closed by the operator"])
    #expect(pair.right.closings == ["the peer has deleted the IKE SA"])
    #expect(pair.left.sessionCount == 0)
    #expect(pair.right.sessionCount == 0)
  }

  @Test("an idle tunnel asks the peer every ten seconds whether it is alive, and stays up")
  func liveness() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(95))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 1)
    #expect((8...20).contains(pair.left.sent.count + pair.right.sent.count - 4 - 8))
  }

  @Test("a peer that dies is found out, reported, and tried again until it is back")
  func deadPeer() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    pair.rewrite = { _ in nil }
    pair.run(for: .seconds(60))
    #expect(pair.left.installed.isEmpty)
    #expect(pair.right.installed.isEmpty)
    #expect(pair.left.closings == ["the peer has stopped answering (dead peer detection)"])
    #expect(pair.left.failures.last?.stage == .reachability)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(120))
    #expect(pair.haveOneMatchingChild)
  }
}
