import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// IKE_AUTH is made long by identities of 1,000 bytes, CREATE_CHILD_SA by 200 traffic selectors.
@Suite("Fragments of large messages (RFC 7383)")
struct FragmentationTests {
  private static let left = IKEIdentity.keyID(Array(repeating: 1, count: 1000))
  private static let right = IKEIdentity.keyID(Array(repeating: 2, count: 1000))

  /// Two gateways with long names, on a path that carries IP packets of `mtu` bytes.
  private func pair(
    mtu: Int = 1500, seed: UInt64 = 1, fate: @escaping (IKEDatagram) -> IKEDatagram? = { $0 }
  ) -> TwoGateways {
    let pair = TwoGateways(seed: seed)
    pair.rewrite = { $0.packetLength > mtu ? nil : fate($0) }
    pair.configure {
      ($0.localIdentity, $0.remoteIdentity) = (Self.left, Self.right)
    } right: {
      ($0.localIdentity, $0.remoteIdentity) = (Self.right, Self.left)
    }
    return pair
  }

  private func selectors(_ count: UInt32) -> [TrafficSelector] {
    (0..<count).map { TrafficSelector(IPPrefix(host: .v4(0x0A00_0000 + $0))) }
  }

  @Test("a large IKE_AUTH goes as fragments that fit the path, each sealed on its own")
  func large() throws {
    let pair = pair()
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    let sent = pair.left.sent + pair.right.sent
    #expect(sent.allSatisfy { $0.packetLength <= 1500 })
    #expect(sent.compactMap(\.position) == [FragmentPosition(1, of: 2), FragmentPosition(2, of: 2)])
    #expect(Set(sent.compactMap(\.iv)).count == sent.compactMap(\.iv).count, "no IV twice")
  }

  @Test("a path that carries less than an Ethernet is found by the third try, and remembered")
  func smallerPath() throws {
    let pair = pair(mtu: 1400)
    pair.run(for: .seconds(3))
    #expect(pair.haveOneMatchingChild)
    let before = pair.left.sent.count
    pair.handle(
      pair.left, .createChild(connection: "tunnel", localSelectors: selectors(200), remoteSelectors: selectors(200)))
    pair.run(for: .milliseconds(100))
    #expect(pair.left.childrenEstablished.count == 2, "the second large message goes through at once")
    #expect(pair.left.sent.dropFirst(before).allSatisfy { $0.packetLength <= 1280 })
    #expect(pair.left.failures.isEmpty)
  }

  @Test("each time that a message is cut smaller there are more fragments, so that the peer mixes no old with new ones")
  func moreEachTime() {
    let pair = pair { $0.isResponse(.authentication, from: TwoGateways.rightAddress) ? nil : $0 }
    pair.run(for: .seconds(14))
    let totals = pair.left.sent.filter { $0.position?.number == 1 }.compactMap { $0.position?.total }
    #expect(totals == [2, 2, 3, 5, 5])
  }

  @Test("a path that carries no more than every host must take is found by the fourth try")
  func smallestPath() {
    let pair = pair(mtu: 576)
    pair.run(for: .seconds(8))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.failures.isEmpty)
  }

  @Test("the loss of any one datagram is made good by retransmission")
  func loss() {
    let count = { () -> Int in
      let pair = pair()
      pair.run(for: .seconds(20))
      return pair.wire.count
    }()
    for lost in 0..<count {
      let pair = TwoGateways()
      pair.wire.fate = { index, _ in index == lost ? .lose : .deliver }
      pair.configure {
        ($0.localIdentity, $0.remoteIdentity) = (Self.left, Self.right)
      } right: {
        ($0.localIdentity, $0.remoteIdentity) = (Self.right, Self.left)
      }
      pair.run(for: .seconds(20))
      #expect(pair.haveOneMatchingChild, "datagram \(lost) lost")
      #expect(pair.left.failures.isEmpty, "datagram \(lost) lost")
    }
  }

  @Test("sent again the fragments are the same byte by byte, and the first alone is answered, with the same answer")
  func retransmission() throws {
    let pair = pair()
    pair.run(for: .seconds(1))
    let request = pair.left.sent.filter { $0.position != nil }
    let answers = pair.right.sent.filter { $0.isResponse(.authentication, from: TwoGateways.rightAddress) }
    for (index, fragment) in request.enumerated() {
      let again = pair.right.handle(.datagram(fragment.arrived), at: pair.clock.now)
      #expect(again.map(\.bytes) == (index == 0 ? answers.map(\.bytes) : []))
    }

    let deaf = self.pair { $0.isResponse(.authentication, from: TwoGateways.rightAddress) ? nil : $0 }
    deaf.run(for: .milliseconds(600))
    let sent = deaf.left.sent.filter { $0.position != nil }.map(\.bytes)
    #expect(sent.count == 4)
    #expect(sent.prefix(2) == sent.suffix(2))
  }

  @Test("a forged fragment is not kept, and does not keep the right one out")
  func forgery() {
    let pair = pair()
    pair.rewrite = { [unowned pair] datagram in
      guard datagram.position != nil else { return datagram }
      var forged = datagram
      forged.bytes[forged.bytes.count / 2] ^= 0x40
      pair.send(pair.right.handle(.datagram(forged.arrived), at: pair.clock.now))
      return datagram
    }
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a peer that has not said that it can is sent large messages whole, and its fragments are dropped")
  func notNegotiated() throws {
    let pair = pair()
    pair.run(for: .seconds(1))
    for session in pair.left.sessions + pair.right.sessions { session.fragmentation.isNegotiated = false }
    let before = pair.left.sent.count
    pair.handle(
      pair.left, .createChild(connection: "tunnel", localSelectors: selectors(200), remoteSelectors: selectors(200)))
    pair.run(for: .milliseconds(100))
    #expect(pair.left.childrenEstablished.count == 1, "it did not fit the path")
    let sent = pair.left.sent.dropFirst(before)
    #expect(sent.count == 1 && sent.allSatisfy { $0.position == nil && $0.packetLength > 1500 })

    for session in pair.left.sessions { session.fragmentation.isNegotiated = true }
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.contains { $0.position != nil })
    #expect(!pair.right.sent.contains { $0.isResponse(.createChildSA, from: TwoGateways.rightAddress) })
  }

  @Test("a responder tells an initiator that has not asked nothing of fragments")
  func silentResponder() throws {
    let pair = TwoGateways()
    pair.configure()
    let request = try #require(pair.left.sent.first)
    let message = try ReceivedMessage(request.bytes).plain()
    #expect(message.payloads.notify(.fragmentationSupported) != nil)
    var plain = message
    plain.payloads.removeAll {
      if case .notify(let notify) = $0 { notify.type == .fragmentationSupported } else { false }
    }
    let datagram = IKEDatagram(
      uplink: "isp", local: request.remote, remote: request.local, bytes: plain.encoded())
    let answer = try #require(pair.right.handle(.datagram(datagram), at: .zero).first)
    #expect(try ReceivedMessage(answer.bytes).plain().payloads.notify(.fragmentationSupported) == nil)
  }

  @Test("an IKE SA that replaces another can fragment as it could")
  func inherited() {
    let pair = pair()
    pair.run(for: .seconds(1))
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    #expect(pair.left.established.count == 2)
    pair.handle(
      pair.right, .createChild(connection: "tunnel", localSelectors: selectors(255), remoteSelectors: selectors(255)))
    pair.run(for: .seconds(1))
    #expect(pair.left.childrenEstablished.count == 2)
    #expect(pair.left.childrenEstablished.last?.localSelectors.count == 255)
  }
}

extension IKEDatagram {
  /// The length of the IP packet around the message, in bytes.
  fileprivate var packetLength: Int { bytes.count + 28 + (local.port == 4500 ? 4 : 0) }

  /// The datagram as its receiver sees it.
  fileprivate var arrived: IKEDatagram { IKEDatagram(uplink: uplink, local: remote, remote: local, bytes: bytes) }

  /// Which fragment the datagram brings; nil if none.
  fileprivate var position: FragmentPosition? { (try? ReceivedMessage(bytes).chain())?.encrypted?.position }

  /// The IV of a protected message.
  fileprivate var iv: [UInt8]? {
    guard let encrypted = try? ReceivedMessage(bytes).chain().encrypted else { return nil }
    return Array(encrypted.body.prefix(8)) + local.address.bytes
  }
}
