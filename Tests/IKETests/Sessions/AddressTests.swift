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

  @Test("without a NAT everything stays on port 500 and ESP goes as protocol 50")
  func noNAT() {
    let pair = TwoGateways()
    pair.configure()
    pair.run(for: .seconds(1))
    #expect((pair.left.sent + pair.right.sent).allSatisfy { $0.remote.port == 500 && $0.local.port == 500 })
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

  @Test("a NAT that maps its inside anew moves the tunnel with the next authentic message")
  func remapped() throws {
    let nat = Translator()
    let pair = TwoGateways()
    pair.rewrite = { nat($0) }
    pair.configure(right: { $0.remoteAddress = nil })
    pair.run(for: .seconds(1))
    nat.outside = .v4(0xC633_6402)
    nat.mapped[4500] = 4077
    pair.run(for: .seconds(30))
    let moved = Endpoint(nat.outside, port: 4077)
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.reports.contains { $0.content == .moved(moved) })
    let spi = try #require(pair.right.installed.keys.first)
    let local = Endpoint(TwoGateways.rightAddress, port: 4500)
    #expect(
      pair.right.actions.contains(
        .moveChildSA(connection: "tunnel", inboundSPI: spi, local: local, remote: moved)))
    #expect(pair.left.established.count == 1)
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
