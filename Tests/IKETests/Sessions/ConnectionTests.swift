import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Connections: configuration, restart, and both ends at once")
struct ConnectionTests {
  @Test("configuring the same again changes nothing")
  func unchanged() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    let sent = pair.left.sent.count
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.count == sent)
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a connection that is removed is deleted at the peer; another beside it is left alone")
  func removed() throws {
    let pair = TwoGateways()
    var second = IKEConnection.sample(initiates: true)
    second.name = "second"
    second.localIdentity = .fqdn("second.left.test")
    second.remoteIdentity = .fqdn("second.right.test")
    pair.handle(pair.right, .configure([IKEConnection.sample(initiates: false).mirrored, second.mirrored.waiting]))
    pair.handle(pair.left, .configure([.sample(initiates: true), second]))
    pair.run(for: .seconds(1))
    #expect(pair.left.installed.count == 2)
    let kept = try #require(pair.left.installed.values.first { $0.connection == "second" })
    pair.handle(pair.left, .configure([second]))
    pair.run(for: .seconds(1))
    #expect(Array(pair.left.installed.values) == [kept])
    #expect(pair.right.installed.count == 1)
    #expect(pair.right.closings == ["the peer has deleted the IKE SA"])
  }

  @Test("a connection that changes is taken down and set up anew")
  func changed() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    var changed = IKEConnection.sample(initiates: true)
    changed.childLifetime = .seconds(1800)
    pair.handle(pair.left, .configure([changed]))
    pair.run(for: .seconds(3))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 2)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
  }

  @Test("a connection that cannot be used is reported, and the others work")
  func faulty() {
    let pair = TwoGateways()
    pair.configure()
    var faulty = IKEConnection.sample(initiates: true)
    faulty.name = "faulty"
    faulty.authentication = .presharedKey(SecretBytes([]))
    pair.handle(pair.left, .configure([.sample(initiates: true), faulty]))
    pair.run(for: .seconds(1))
    #expect(pair.left.failures.map(\.cause) == ["configuration: the preshared key is empty"])
    #expect(pair.haveOneMatchingChild)
  }

  @Test("both ends initiate at once, in step: one tunnel is left, the same at both ends")
  func inStep() {
    let pair = TwoGateways()
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
    #expect(pair.left.failures.isEmpty)
    #expect(pair.right.failures.isEmpty)
  }

  @Test("both ends initiate, the second so much later: one tunnel is left", arguments: 1...60)
  func outOfStep(milliseconds: Int) {
    let pair = TwoGateways()
    pair.handle(pair.right, .configure([IKEConnection.sample(initiates: false).mirrored]))
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .milliseconds(milliseconds))
    pair.handle(pair.right, .initiate(connection: "tunnel"))
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
    #expect(pair.left.closings.isEmpty)
    #expect(pair.right.closings.isEmpty)
  }

  @Test("both ends initiate at once over a wire that loses one message: one tunnel is left", arguments: 0..<14)
  func inStepWithLoss(lost: Int) {
    let pair = TwoGateways()
    pair.wire.fate = { index, _ in index == lost ? .lose : .deliver }
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
  }

  // The right gateway's IKE SA wins where both begin at once, and is up when the left one's IKE_AUTH gets through.
  //
  //     left                             right
  //     IKE_SA_INIT ─────────╳────────── IKE_SA_INIT
  //     IKE_AUTH ──▶ (lost)    ◀──────── IKE_AUTH          the right one's is up at both ends
  //     IKE_AUTH again ────────────────▶                   no end installs the pair that it asks for
  @Test("both ends initiate, and the loser is up last: its pair is never installed")
  func superfluousPair() {
    let pair = TwoGateways()
    var isLost = false
    pair.rewrite = { datagram in
      guard datagram.isRequest(.authentication, from: TwoGateways.leftAddress), !isLost else { return datagram }
      isLost = true
      return nil
    }
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(20))
    #expect(isLost && pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 2 && pair.right.established.count == 2)
    #expect(pair.left.childrenEstablished.count == 1 && pair.right.childrenEstablished.count == 1)
  }

  // The right gateway's IKE SA wins where both begin at once. The left one rekeys it before its own is up, and so has
  // initiated both of the IKE SAs between which each end has to choose.
  //
  //     left                             right
  //     IKE_SA_INIT ─────────╳────────── IKE_SA_INIT
  //     IKE_AUTH ──▶ (lost)    ◀──────── IKE_AUTH
  //     CREATE_CHILD_SA, rekey of the right one's IKE SA ──▶
  //     IKE_AUTH again ────────────────▶
  @Test("both ends initiate, and the winner is rekeyed before the loser is up: one tunnel is left")
  func rekeyedWinner() {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] in
      let isHeld = pair.clock.now < Instant.zero.advanced(by: .seconds(3))
      return isHeld && $0.isRequest(.authentication, from: TwoGateways.leftAddress) ? nil : $0
    }
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(20))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
    #expect(pair.left.closings.isEmpty)
  }

  @Test("an IKE role that restarts takes the tunnel over: the new SA is up before the peer drops the old one")
  func restart() throws {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(5))
    let old = try #require(pair.right.installed.keys.first)
    pair.left.restart(seed: 77)
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .milliseconds(100))
    #expect(pair.right.installed.count == 2)
    #expect(pair.right.installed[old] != nil)
    pair.run(for: .seconds(30))
    #expect(pair.right.installed.count == 1)
    #expect(pair.right.installed[old] == nil)
    #expect(pair.right.closings.isEmpty)
    #expect(pair.right.establishedSessions.count == 1)
  }
}
