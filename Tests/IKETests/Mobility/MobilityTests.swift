import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Moving between addresses without a new handshake (MOBIKE, RFC 4555)")
struct MobilityTests {
  private static let elsewhere = IPAddress.v4(0x0F00_0101)

  /// The left gateway's line gets another address, or none.
  private func moveLeft(_ pair: TwoGateways, to address: IPAddress?, uplink: String = "isp") {
    pair.deserted.formUnion(pair.leftAddresses)
    pair.leftAddresses = Set([address].compactMap { $0 })
    var connection = IKEConnection.sample(initiates: true)
    connection.localAddress = address
    connection.localUplink = uplink
    pair.handle(pair.left, .configure([connection]))
  }

  /// A request of the left gateway's session, with the next message id.
  private func request(_ payloads: [Payload], in pair: TwoGateways) throws -> [UInt8] {
    let session = try #require(pair.left.establishedSessions.first)
    let messageID = try #require(session.requests.nextMessageID)
    let header = session.header(.informational, isResponse: false, messageID: messageID)
    return try #require(session.sa).protection.seal(IKEMessage(header: header, payloads: payloads))
  }

  /// The right gateway's answer to a request that comes from `source`.
  private func answer(to request: [UInt8], from source: Endpoint, in pair: TwoGateways) throws -> [Payload] {
    let local = Endpoint(TwoGateways.rightAddress, port: 4500)
    let datagram = IKEDatagram(uplink: "isp", local: local, remote: source, bytes: request)
    let answer = try #require(pair.right.handle(.datagram(datagram), at: pair.clock.now).first)
    let protection = try #require(pair.left.establishedSessions.first?.sa).protection
    return try #require(try protection.open(ReceivedMessage(answer.bytes))).payloads
  }

  // left (15.0.0.1)                                                  right
  //      its line gets 15.0.1.1
  //      UPDATE_SA_ADDRESSES, NAT_DETECTION_…, COOKIE2 ────────────▶
  //                         ◀──────────── NAT_DETECTION_…, COOKIE2
  //                         ◀──────────── COOKIE2, to the new address
  //      COOKIE2 ──────────────────────────────────────────────────▶ its packets follow
  @Test("the initiator's line gets another address: IKE SA and Child SA move there")
  func initiatorMoves() throws {
    let pair = TwoGateways.established()
    let left = try #require(pair.left.installed.keys.first)
    let right = try #require(pair.right.installed.keys.first)
    moveLeft(pair, to: Self.elsewhere)
    #expect(pair.left.moves[left]?.local.address == Self.elsewhere, "at once: the old address is gone")
    #expect(pair.right.moves.isEmpty)
    pair.run(for: .milliseconds(100))
    #expect(pair.right.moves[right]?.remote.address == Self.elsewhere)
    #expect(pair.right.reports.contains { $0.content == .moved(Endpoint(Self.elsewhere, port: 4500)) })
    #expect(pair.left.reports.contains { $0.content == .relocated(Endpoint(Self.elsewhere, port: 4500)) })

    pair.handle(pair.right, .rekeyChild(connection: "tunnel", inboundSPI: right))
    pair.run(for: .seconds(60))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.installed.values.first?.remoteEndpoint.address == Self.elsewhere)
    #expect(pair.left.established.count == 1 && pair.left.closings.isEmpty && pair.right.closings.isEmpty)
  }

  @Test("the tunnel goes on by another uplink")
  func otherUplink() {
    let pair = TwoGateways.established()
    moveLeft(pair, to: Self.elsewhere, uplink: "isp-b")
    pair.run(for: .seconds(30))
    let requests = pair.left.sent.filter { $0.isRequest(.informational, from: Self.elsewhere) }
    #expect(!requests.isEmpty && requests.allSatisfy { $0.uplink == "isp-b" })
    #expect(pair.left.established.count == 1 && pair.left.closings.isEmpty)
  }

  @Test("a line that has no address for some seconds costs nothing but these")
  func withoutAddress() {
    let pair = TwoGateways.established()
    moveLeft(pair, to: nil)
    pair.run(for: .seconds(5))
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .seconds(30))
    #expect(pair.left.established.count == 1 && pair.left.closings.isEmpty && pair.right.closings.isEmpty)
    #expect(pair.right.moves.values.first?.remote.address == Self.elsewhere)
  }

  @Test("a request that is out while the address changes is answered at the new one, and the update follows")
  func outstandingRequest() throws {
    let pair = TwoGateways.established()
    let spi = try #require(pair.left.installed.keys.first)
    pair.rewrite = { _ in nil }
    pair.handle(pair.left, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    pair.run(for: .seconds(10))
    pair.rewrite = { $0 }
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .seconds(2))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.installed[spi] == nil)
    let right = try #require(pair.right.installed.keys.first)
    #expect(pair.right.moves[right]?.remote.address == Self.elsewhere)
  }

  // left                                                             right (35.0.0.3)
  //                                              its line gets 35.0.1.3
  //      ◀──────────────────── NO_ADDITIONAL_ADDRESSES, from there
  //      empty ────────────────────────────────────────────────────▶
  //      UPDATE_SA_ADDRESSES, …, COOKIE2, to there ────────────────▶
  @Test("the responder's line gets another address: it tells, and the initiator follows")
  func responderMoves() throws {
    let pair = TwoGateways.established()
    let there = IPAddress.v4(0x2300_0103)
    pair.deserted = [TwoGateways.rightAddress]
    var connection = IKEConnection.sample(initiates: false).mirrored
    connection.localAddress = there
    pair.handle(pair.right, .configure([connection]))
    pair.run(for: .seconds(1))
    let left = try #require(pair.left.installed.keys.first)
    let right = try #require(pair.right.installed.keys.first)
    #expect(pair.left.moves[left]?.remote.address == there)
    #expect(pair.right.moves[right]?.local.address == there)
    pair.run(for: .seconds(60))
    #expect(pair.left.established.count == 1 && pair.left.closings.isEmpty && pair.right.closings.isEmpty)
  }

  // left                                                             right, whose line has lost its address
  //      ◀──────────────── ADDITIONAL_IP4_ADDRESS: 10.9.0.1, from 10.9.0.1, its LAN's
  //      UPDATE_SA_ADDRESSES, …, to 10.9.0.1 ──────────────▶ ✗
  //                                                               it has another one now: 35.0.1.3
  //      ◀──────────────── ADDITIONAL_IP4_ADDRESS: 10.9.0.1, from 35.0.1.3
  //      UPDATE_SA_ADDRESSES, …, to 35.0.1.3 ──────────────────────▶
  @Test("a responder that names its LAN's address on its way to another line's is followed to the line")
  func responderBetweenAddresses() throws {
    let pair = TwoGateways.established()
    let inside = IPAddress.v4(0x0A09_0001)
    let there = IPAddress.v4(0x2300_0103)
    pair.deserted = [TwoGateways.rightAddress, inside]
    let session = try #require(pair.right.establishedSessions.first)
    let protection = try #require(session.sa).protection
    let list = Payload.notify(NotifyPayload(.additionalIPv4Address, data: inside.bytes))
    for (messageID, source) in [(UInt32(0), inside), (1, there)] {
      let header = session.header(.informational, isResponse: false, messageID: messageID)
      let request = try protection.seal(IKEMessage(header: header, payloads: [list]))
      let local = Endpoint(TwoGateways.leftAddress, port: 4500)
      let remote = Endpoint(source, port: 4500)
      pair.handle(pair.left, .datagram(IKEDatagram(uplink: "isp", local: local, remote: remote, bytes: request)))
    }
    pair.run(for: .seconds(2))
    let spi = try #require(pair.left.installed.keys.first)
    #expect(pair.left.moves[spi]?.remote.address == there)
    #expect(pair.left.closings.isEmpty)
  }

  // left                                                             right, which has another line: 35.0.2.3
  //      IKE_AUTH ─────────────────────────────────────────────────▶
  //      ◀──────────────── …, MOBIKE_SUPPORTED, ADDITIONAL_IP4_ADDRESS: 35.0.2.3
  //                                                               its first line dies
  //      empty, again and again ───────────────────────────▶ ✗
  //      the same, to 35.0.2.3 ────────────────────────────────────▶
  //      UPDATE_SA_ADDRESSES, …, COOKIE2 ──────────────────────────▶
  @Test(
    "a peer that falls silent at one address is tried at the other that it has told of, at the beginning or later",
    arguments: [true, false])
  func additionalAddress(isKnownAtFirst: Bool) throws {
    let pair = TwoGateways()
    let other = IPAddress.v4(0x2300_0203)
    func configureRight(_ connection: inout IKEConnection) {
      connection.deadPeerInterval = .zero
      connection.additionalAddresses = [other]
    }
    pair.configure(right: { isKnownAtFirst ? configureRight(&$0) : ($0.deadPeerInterval = .zero) })
    pair.run(for: .seconds(1))
    var connection = IKEConnection.sample(initiates: false).mirrored
    configureRight(&connection)
    pair.handle(pair.right, .configure([connection]))
    pair.run(for: .seconds(1))
    #expect(pair.left.establishedSessions.map(\.mobility.additionalAddresses) == [[other]])
    pair.deserted = [TwoGateways.rightAddress]
    pair.run(for: .seconds(40))
    let left = try #require(pair.left.installed.keys.first)
    let right = try #require(pair.right.installed.keys.first)
    #expect(pair.left.moves[left]?.remote.address == other)
    #expect(pair.right.moves[right]?.local.address == other)
    #expect(pair.right.reports.contains { $0.content == .relocated(Endpoint(other, port: 4500)) })
    #expect(pair.left.established.count == 1 && pair.left.closings.isEmpty && pair.right.closings.isEmpty)
  }

  // left                                                             right
  //      its line gets 15.0.1.1
  //      UPDATE_SA_ADDRESSES, …, COOKIE2 ──────────────────────────▶
  //      ◀─────────────────────────── its response; COOKIE2, to the new address
  //      COOKIE2 ─────────────────────────────────────────▶ ✗
  //      CREATE_CHILD_SA with another IKE SA ──────────────────────▶ it has the Child SA now
  //      DELETE of the old one ────────────────────────────────────▶ and with it the question
  //      ◀──────────────────────────────────────── COOKIE2, in the new one
  @Test("a rekey of the IKE SA while the new address is being checked does not leave the packets behind")
  func rekeyDuringCheck() throws {
    let pair = TwoGateways.established()
    var losesAnswers = true
    pair.rewrite = { datagram in
      losesAnswers && datagram.isResponse(.informational, from: Self.elsewhere) ? nil : datagram
    }
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .milliseconds(100))
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .milliseconds(100))
    #expect(pair.left.established.count == 2 && pair.right.moves.isEmpty)
    losesAnswers = false
    pair.run(for: .seconds(5))
    #expect(pair.right.moves.values.first?.remote.address == Self.elsewhere)
    #expect(pair.haveOneMatchingChild)
  }

  @Test("behind a NAT at the new place, packets go on in UDP, with keepalives")
  func intoNAT() throws {
    let pair = TwoGateways.established()
    let outside = IPAddress.v4(0xC633_6401)
    #expect(pair.left.installed.values.first?.encapsulation == .esp)
    pair.rewrite = { datagram in
      var copy = datagram
      if copy.local.address == Self.elsewhere { copy.local = Endpoint(outside, port: 1025) }
      if copy.remote == Endpoint(outside, port: 1025) { copy.remote = Endpoint(Self.elsewhere, port: 4500) }
      return copy
    }
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .seconds(1))
    let left = try #require(pair.left.moves.values.first)
    #expect(left.encapsulation == .udp && left.isBehindNAT && left.local == Endpoint(Self.elsewhere, port: 4500))
    let right = try #require(pair.right.moves.values.first)
    #expect(right.encapsulation == .udp && !right.isBehindNAT && right.remote == Endpoint(outside, port: 1025))
  }

  // Somebody on the way puts a victim's address on the update: the victim does not return the cookie.
  @Test("an address that does not return the cookie gets no packet of the tunnel")
  func returnRoutability() {
    let pair = TwoGateways.established()
    let victim = IPAddress.v4(0xC0A8_0101)
    pair.deserted.insert(victim)
    pair.rewrite = { datagram in
      var copy = datagram
      if copy.local.address == Self.elsewhere { copy.local.address = victim }
      return copy
    }
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .seconds(60))
    #expect(pair.right.sent.contains { $0.remote.address == victim })
    #expect(!pair.right.moves.values.contains { $0.remote.address == victim })
  }

  @Test("what the responder refuses: a NAT where none is allowed, and an address that is none")
  func refusals() throws {
    let source = Endpoint(Self.elsewhere, port: 4500)
    let update = Payload.notify(NotifyPayload(.updateSAAddresses))
    let path = NetworkPath(uplink: "isp", local: Endpoint(TwoGateways.rightAddress, port: 4500), remote: source)
    let right = Payload.notify(NotifyPayload(.noNATsAllowed, data: path.asNoNATsAllowed))
    let wrong = Payload.notify(NotifyPayload(.noNATsAllowed, data: path.asNoNATsAllowed.reversed()))

    var pair = TwoGateways.established()
    #expect(try answer(to: request([update, right], in: pair), from: source, in: pair) == [])
    pair = TwoGateways.established()
    #expect(
      try answer(to: request([update, wrong], in: pair), from: source, in: pair)
        == [.notify(NotifyPayload(.unexpectedNATDetected))])
    pair = TwoGateways.established()
    #expect(
      try answer(to: request([update], in: pair), from: Endpoint(.v4(0xE000_0001), port: 4500), in: pair)
        == [.notify(NotifyPayload(.unacceptableAddresses))])
    #expect(pair.right.moves.isEmpty)
    #expect(pair.right.establishedSessions.first?.path.remote.address == TwoGateways.leftAddress)
  }

  @Test("a cookie is returned as it came")
  func cookie() throws {
    let pair = TwoGateways.established()
    let cookie = Payload.notify(NotifyPayload(.cookie2, data: Array(1...16)))
    let source = Endpoint(TwoGateways.leftAddress, port: 4500)
    #expect(try answer(to: request([cookie], in: pair), from: source, in: pair) == [cookie])
  }

  @Test("a peer that cannot move is connected anew from the new address")
  func withoutMOBIKE() {
    let pair = TwoGateways.established()
    pair.disableMOBIKE()
    moveLeft(pair, to: Self.elsewhere)
    pair.run(for: .seconds(30))
    #expect(pair.left.established.count == 2)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.sent.last?.local.address == Self.elsewhere)
  }
}

extension TwoGateways {
  /// As if one end had not said MOBIKE_SUPPORTED.
  func disableMOBIKE() {
    for session in left.sessions + right.sessions { session.mobility.isNegotiated = false }
  }
}
