import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("INITIAL_CONTACT (RFC 7296 section 2.4)")
struct InitialContactTests {
  // left                                       right
  //      loses power, and comes back
  //      IKE_AUTH with INITIAL_CONTACT ──────▶ drops what it had, without a DELETE
  @Test("a gateway that has come up anew says so, and its peer drops the old SAs at once")
  func rebooted() throws {
    let pair = TwoGateways.established()
    let old = try #require(pair.right.installed.keys.first)
    let before = pair.right.sent.count
    pair.left.restart(seed: 99)
    pair.handle(pair.left, .initialContact)
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .milliseconds(100))
    #expect(pair.right.installed.count == 1 && pair.right.installed[old] == nil)
    #expect(pair.right.sessionCount == 1)
    #expect(
      pair.right.sent.dropFirst(before).allSatisfy { !$0.isRequest(.informational, from: TwoGateways.rightAddress) })
    pair.run(for: .seconds(60))
    #expect(pair.left.establishedSessions.count == 1 && pair.right.establishedSessions.count == 1)
  }

  @Test("a process that takes over does not: the old SAs carry traffic until the new ones do")
  func restarted() throws {
    let pair = TwoGateways.established()
    let old = try #require(pair.right.installed.keys.first)
    pair.left.restart(seed: 99)
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    pair.run(for: .milliseconds(100))
    #expect(pair.right.installed.count == 2 && pair.right.installed[old] != nil)
  }

  @Test("it is said once: what comes later in the same life is no initial contact")
  func once() throws {
    let pair = TwoGateways()
    pair.handle(pair.left, .initialContact)
    pair.configure()
    pair.run(for: .seconds(1))
    let first = try #require(pair.right.installed.keys.first)
    pair.handle(pair.left, .terminate(connection: "tunnel"))
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .initiate(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.right.installed.count == 1 && pair.right.installed[first] == nil)
    #expect(pair.left.established.count == 2)
    #expect(
      !pair.right.reports.contains { $0.content == .closed(reason: "the peer has started anew (INITIAL_CONTACT)") })
  }

  @Test("both come up at the same time and begin at once: one tunnel is left")
  func both() {
    let pair = TwoGateways()
    pair.handle(pair.left, .initialContact)
    pair.handle(pair.right, .initialContact)
    pair.configure(right: { $0.initiates = true })
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1 && pair.right.establishedSessions.count == 1)
  }
}
