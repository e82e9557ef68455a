import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("NAT and changing addresses")
struct AddressTests {
  /// A NAT in front of the left gateway: it hides it behind another address and maps its ports.
  private final class Translator {
    var outside = IPAddress.v4(0xC633_6401)
    var mapped: [UInt16: UInt16] = [500: 1024, 4500: 1025]

    func callAsFunction(_ datagram: IKEDatagram) -> IKEDatagram? {
      var copy = datagram
      if datagram.local.address == TwoGateways.leftAddress {
        copy.local = Endpoint(outside, port: mapped[datagram.local.port] ?? 0)
        return copy
      }
      guard datagram.remote.address == outside,
        let port = mapped.first(where: { $0.value == datagram.remote.port })?.key
      else { return nil }
      copy.remote = Endpoint(TwoGateways.leftAddress, port: port)
      return copy
    }
  }

  @Test("without a NAT, too, IKE goes on from port 4500, as there may be one later; ESP goes as protocol 50")
  func noNAT() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(pair.left.sent.map(\.local.port) == [500, 4500])
    #expect(pair.right.sent.map(\.remote.port) == [500, 4500])
    #expect(pair.left.installed.values.first?.encapsulation == .esp)
  }

  @Test("a peer behind a NAT is found, moves to port 4500, and is answered where it comes from")
  func behindNAT() throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.first?.isLocalBehindNAT == true)
    #expect(pair.left.established.first?.isRemoteBehindNAT == false)
    #expect(pair.right.established.first?.isRemoteBehindNAT == true)
    let left = try #require(pair.left.installed.values.first)
    #expect(left.encapsulation == .udp)
    #expect(left.isBehindNAT)
    #expect(left.remoteEndpoint == Endpoint(TwoGateways.rightAddress, port: 4500))
    let right = try #require(pair.right.installed.values.first)
    #expect(right.remoteEndpoint == Endpoint(nat.outside, port: 1025))
    #expect(right.localEndpoint.port == 4500)
  }

  // The left gateway, behind the NAT, is told in each answer to its liveness checks how the right one sees it. With MOBIKE
  // (RFC 4555 section 3.8) it notices the change and asks the right one to follow; without, the right one follows the next
  // authentic request (RFC 7296 section 2.23).
  @Test("a NAT that maps its inside anew moves the tunnel, with MOBIKE and without", arguments: [true, false])
  func remapped(withMOBIKE: Bool) throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    if !withMOBIKE { pair.disableMOBIKE() }
    nat.outside = .v4(0xC633_6402)
    nat.mapped[4500] = 4077
    pair.run(for: .seconds(30))
    let moved = Endpoint(nat.outside, port: 4077)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.reports.contains { $0.content == .moved(moved) })
    let spi = try #require(pair.right.installed.keys.first)
    let local = Endpoint(TwoGateways.rightAddress, port: 4500)
    #expect(
      pair.right.moves[spi]
        == ChildSAMove(
          connection: "tunnel", inboundSPI: spi, local: local, remote: moved, encapsulation: .udp, isBehindNAT: false))
    #expect(pair.left.established.count == 1)
  }

  // left, behind the NAT                                             right, which loses MOBIKE with the old IKE SA
  //      CREATE_CHILD_SA, a new IKE SA ────────────────────────────▶
  //                         ◀──────────────────────────────────────
  //      UPDATE_SA_ADDRESSES, NAT_DETECTION_… ─────────────────────▶ is nothing to it
  //                         ◀──────────── an empty answer
  @Test("a peer that forgets with a rekey that it can move keeps its IKE SA, and is not asked again")
  func mobilityForgotten() throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    for session in pair.right.sessions { session.mobility.isNegotiated = false }
    pair.handle(pair.right, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(30))
    #expect(pair.left.closings.isEmpty && pair.right.closings.isEmpty)
    #expect(pair.left.establishedSessions.map(\.mobility.isNegotiated) == [false])
  }

  // left, behind a NAT                                               right
  //      IKE_AUTH ─────────────────── as A ───────────────────▶  its packets go to A
  //                         ✗ ◀─── response, to A: by now the NAT maps left as B
  //      IKE_AUTH again ───────────── as B ───────────────────▶  the same request: the same response, to B
  //             ◀────────────────────────────────────────────
  //      UPDATE_SA_ADDRESSES, NAT_DETECTION_… ────────────────▶
  //             ◀────────────────────────── COOKIE2, to B
  //      COOKIE2 ─────────────────────────────────────────────▶  its packets go to B
  //
  // If left only asked how it is seen, it would be told B from the beginning, and right would send to A until the next rekey.
  @Test("a NAT that maps its inside anew between IKE_AUTH and its answer leaves no tunnel that ends nowhere")
  func remappedDuringHandshake() throws {
    let nat = Translator()
    let before = Endpoint(nat.outside, port: 1025)
    let after = Endpoint(.v4(0xC633_6402), port: 4077)
    var isRemapped = false
    let pair = TwoGateways()
    pair.rewrite = { datagram in
      if datagram.isResponse(.authentication, from: TwoGateways.rightAddress), !isRemapped {
        isRemapped = true
        nat.outside = after.address
        nat.mapped[4500] = after.port
      }
      return nat(datagram)
    }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(5))
    #expect(pair.haveOneMatchingChild)
    let right = try #require(pair.right.installed.values.first)
    #expect(right.remoteEndpoint == before)
    #expect(pair.right.moves[right.inboundSPI]?.remote == after)
    #expect(pair.left.established.count == 1 && pair.right.established.count == 1)
  }

  @Test("where a mapping has not changed, confirming it moves nothing and asks for no proof")
  func confirmed() {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(5))
    #expect(pair.left.sent.count { $0.isRequest(.informational, from: TwoGateways.leftAddress) } == 1)
    #expect(!pair.right.sent.contains { $0.isRequest(.informational, from: TwoGateways.rightAddress) })
    #expect(pair.right.moves.isEmpty)
  }

  // RFC 4555 section 3.8: with MOBIKE too, as the peer learns only by its next liveness check that its NAT maps it anew.
  @Test("ESP packets from a new mapping move a peer behind a NAT at once, and no other", arguments: [true, false])
  func otherSource(withMOBIKE: Bool) throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    let source = Endpoint(nat.outside, port: 4077)
    if !withMOBIKE { pair.disableMOBIKE() }
    pair.handle(pair.left, .otherSource(connection: "tunnel", source: Endpoint(TwoGateways.rightAddress, port: 4077)))
    #expect(!pair.left.moves.values.contains { $0.remote.port == 4077 }, "who is behind a NAT does not follow")
    pair.handle(pair.right, .otherSource(connection: "tunnel", source: source))
    #expect(pair.right.moves.values.first?.remote == source)
  }

  @Test("who sits behind a NAT himself does not follow the peer unasked")
  func bothBehindNAT() {
    let pair = TwoGateways()
    pair.configure(left: { $0.forceEncapsulation = true }, right: { $0.forceEncapsulation = true })
    pair.run(for: .seconds(1))
    pair.disableMOBIKE()
    for session in pair.right.sessions { session.nat.isLocalBehindNAT = true }
    pair.rewrite = { datagram in
      var copy = datagram
      if copy.local.address == TwoGateways.leftAddress { copy.local.port = 7777 }
      return copy
    }
    pair.run(for: .seconds(30))
    #expect(pair.right.moves.isEmpty)
  }

  @Test("a message that is replayed from elsewhere moves nothing")
  func replayed() throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    pair.disableMOBIKE()
    pair.run(for: .seconds(15))
    for sent in pair.left.sent {
      let replay = IKEDatagram(
        uplink: "isp", local: sent.remote, remote: Endpoint(.v4(0xC633_64FF), port: 999), bytes: sent.bytes)
      pair.right.handle(.datagram(replay), at: pair.clock.now)
    }
    #expect(pair.right.moves.isEmpty)
  }

  @Test("a peer that is not behind a NAT is not moved by a message from elsewhere")
  func notMoved() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    pair.rewrite = { datagram in
      var copy = datagram
      if copy.local.address == TwoGateways.leftAddress { copy.local.port = 7777 }
      return copy
    }
    pair.run(for: .seconds(30))
    #expect(!pair.right.reports.contains { if case .moved = $0.content { true } else { false } })
  }

  @Test("forced encapsulation at either end makes both encapsulate", arguments: [true, false])
  func forced(atInitiator: Bool) {
    let pair = TwoGateways()
    pair.configure {
      $0.forceEncapsulation = atInitiator
    } right: {
      $0.forceEncapsulation = !atInitiator
    }
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.installed.values.first?.encapsulation == .udp)
    #expect(pair.left.sent.last?.remote.port == 4500)
    #expect(pair.right.sent.last?.local.port == 4500)
  }
}
