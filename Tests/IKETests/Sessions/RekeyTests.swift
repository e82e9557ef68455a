import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Replacing SAs while they work")
struct RekeyTests {
  @Test("a Child SA is replaced before its lifetime ends, and the old one goes afterwards", arguments: [true, false])
  func childLifetime(perfectForwardSecrecy: Bool) throws {
    let pair = TwoGateways.established { connection in
      connection.childLifetime = .seconds(100)
      if !perfectForwardSecrecy {
        connection.childProposals = ESPProposal.proposals(
          encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [], extendedSequenceNumbers: false)
      }
    }
    let first = try #require(pair.left.installed.values.first)
    pair.run(for: .seconds(99))
    #expect(pair.haveOneMatchingChild)
    let second = try #require(pair.left.installed.values.first)
    #expect(second.inboundKeys != first.inboundKeys)
    #expect(second.replaces == first.inboundSPI)
    #expect(pair.left.childrenEstablished.last?.suite.keyExchange == (perfectForwardSecrecy ? .curve25519 : nil))
    #expect(pair.left.failures.isEmpty)
    pair.run(for: .seconds(1000))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.count == 1)
    #expect((10...14).contains(pair.left.childrenEstablished.count))
  }

  @Test("the new Child SA is installed at both ends before the old one is removed")
  func makeBeforeBreak() throws {
    let pair = TwoGateways.established()
    let old = try #require(pair.left.installed.keys.first)
    pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: old))
    pair.run(for: .seconds(1))
    for gateway in [pair.left, pair.right] {
      let order = gateway.actions.compactMap { action -> Bool? in
        switch action {
        case .installChildSA: true
        case .deleteChildSA: false
        default: nil
        }
      }
      #expect(order == [true, true, false])
    }
  }

  @Test("an IKE SA is replaced before its lifetime ends and hands its Child SA over", arguments: [true, false])
  func ikeLifetime(byInitiator: Bool) {
    let pair = TwoGateways()
    pair.configure {
      $0.ikeLifetime = byInitiator ? .seconds(100) : .seconds(10000)
    } right: {
      $0.ikeLifetime = byInitiator ? .seconds(10000) : .seconds(100)
    }
    pair.run(for: .seconds(1))
    let child = pair.left.installed
    pair.run(for: .seconds(99))
    #expect(pair.left.established.count == 2)
    #expect(pair.right.established.count == 2)
    #expect(pair.left.installed == child)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
    #expect(pair.left.closings.isEmpty)
    #expect(pair.left.failures.isEmpty)
    pair.run(for: .seconds(1000))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.closings.isEmpty)
  }

  // DESIGN.md section 5, invariant 8: what a gateway has been told once is all that it needs.
  @Test("go on for a day and a night without anybody telling the two gateways anything")
  func withoutController() {
    let pair = TwoGateways.established { $0.deadPeerInterval = .seconds(600) }
    pair.run(for: .seconds(25 * 3600))
    #expect(pair.haveOneMatchingChild)
    #expect((25...32).contains(pair.left.childrenEstablished.count))
    #expect(pair.left.established.count == 2, "an IKE SA lives for a day")
    for gateway in [pair.left, pair.right] {
      #expect(gateway.closings.isEmpty && gateway.failures.isEmpty && gateway.establishedSessions.count == 1)
    }
  }

  @Test("a Child SA that is rekeyed in the IKE SA's successor gets keys from the successor")
  func childAfterIKE() throws {
    let pair = TwoGateways.established()
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    let old = try #require(pair.right.installed.keys.first)
    pair.handle(pair.right, .rekeyChild(connection: "tunnel", inboundSPI: old))
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.installed[old] == nil)
  }

  @Test("a further Child SA lives beside the first")
  func furtherChild() throws {
    let pair = TwoGateways.established()
    let net = TrafficSelector(try #require(IPPrefix("10.9.0.0/16")))
    pair.handle(pair.left, .createChild(connection: "tunnel", localSelectors: [net], remoteSelectors: [.any(.v4)]))
    pair.run(for: .seconds(1))
    #expect(pair.left.installed.count == 2)
    for child in pair.left.installed.values {
      let other = try #require(pair.right.installed[child.outboundSPI])
      #expect(child.matches(other))
    }
    #expect(pair.left.installed.values.contains { $0.localSelectors == [net] })
  }

  @Test("a Child SA that the shell cannot install is deleted at the peer and tried again")
  func installFails() throws {
    let pair = TwoGateways.established()
    let spi = try #require(pair.left.installed.keys.first)
    pair.handle(pair.left, .childSAFailed(connection: "tunnel", inboundSPI: spi, reason: "no such device"))
    pair.run(for: .seconds(10))
    #expect(pair.left.failures.first?.stage == .childSA)
    #expect(pair.right.installed.count == 1)
    #expect(pair.left.childrenEstablished.count == 2)
  }
}
