import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Many connections that begin at once")
struct InitiationPaceTests {
  private let count = 200

  private func connections() -> [IKEConnection] {
    (0..<count).map { number in
      var connection = IKEConnection.sample(initiates: true)
      connection.name = "tunnel\(number)"
      connection.localIdentity = .fqdn("left\(number).test")
      connection.remoteIdentity = .fqdn("right\(number).test")
      return connection
    }
  }

  @Test("wait for their turn, and all come up")
  func allComeUp() {
    let pair = TwoGateways()
    pair.handle(pair.right, .configure(connections().map(\.mirrored.waiting)))
    pair.handle(pair.left, .configure(connections()))
    #expect(pair.left.sent.count == InitiationPace.limit)
    pair.run(for: .seconds(1))
    #expect(Set(pair.left.installed.values.map(\.connection)).count == count)
    #expect(pair.left.installed.count == count && pair.right.installed.count == count)
    // Nothing had to be sent twice, apart from requests that came back with a cookie.
    #expect(pair.left.sent.count <= 3 * count)
  }

  @Test("are not held up by silent peers for longer than the first request waits")
  func silentPeers() {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.handle(pair.left, .configure(connections()))
    pair.run(for: .seconds(2))
    let begun = Set(pair.left.sent.compactMap { try? ReceivedMessage($0.bytes).header.initiatorSPI })
    #expect(begun.count == count)
  }

  @Test("lose their turn when they are closed or taken out of the configuration meanwhile")
  func closed() {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.handle(pair.left, .configure(connections()))
    pair.handle(pair.left, .terminate(connection: "tunnel199"))
    pair.handle(pair.left, .configure(Array(connections().dropFirst(100))))
    pair.run(for: .seconds(2))
    let begun = Set(pair.left.sent.compactMap { try? ReceivedMessage($0.bytes).header.initiatorSPI })
    #expect(begun.count == InitiationPace.limit + 99)
  }
}
