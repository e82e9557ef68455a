import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite struct SelectorCheckTests {
  private let local = TrafficSelector(IPPrefix("10.1.1.0/24") ?? .any(.v4))
  private let remote = TrafficSelector(IPPrefix("10.3.3.0/24") ?? .any(.v4))

  @Test("outbound goes from local to remote, inbound from remote to local (RFC 4301 section 5)")
  func directions() {
    let out = Inner.v4(source: 0x0A01_0105, destination: 0x0A03_0307)
    let back = Inner.v4(source: 0x0A03_0307, destination: 0x0A01_0105)
    #expect(allows([local], [remote], outbound: out))
    #expect(!allows([local], [remote], outbound: back))
    #expect(allows([local], [remote], inbound: back))
    #expect(!allows([local], [remote], inbound: out))
  }

  @Test("the first and last address of a range pass, their neighbours do not")
  func edges() {
    for (address, passes) in [
      (0x0A01_00FF, false), (0x0A01_0100, true), (0x0A01_01FF, true), (0x0A01_0200, false),
    ] as [(UInt32, Bool)] {
      #expect(allows([local], [remote], outbound: Inner.v4(source: address)) == passes)
    }
  }

  @Test("any one of several selectors is enough")
  func several() {
    #expect(allows([remote, local], [local, remote], outbound: Inner.v4()))
    #expect(!allows([], [remote], outbound: Inner.v4()))
  }

  @Test("a selector for all of IPv4 does not let IPv6 through")
  func families() {
    #expect(allows([.any(.v4)], [.any(.v4)], outbound: Inner.v4()))
    #expect(!allows([.any(.v4)], [.any(.v4)], outbound: Inner.v6()))
    #expect(allows([.any(.v4), .any(.v6)], [.any(.v4), .any(.v6)], outbound: Inner.v6()))
  }

  @Test("ports and protocol are looked at, and a later fragment, which shows no ports, is refused")
  func ports() throws {
    let dns = try selector(ipProtocol: IPProtocolNumber.udp, ports: 53...53)
    let payload: [UInt8] = [0x80, 0, 0, 53, 0, 8, 0, 0]
    #expect(allows([.any(.v4)], [dns], outbound: Inner.v4(payload: payload)))
    #expect(!allows([.any(.v4)], [dns], outbound: Inner.v4(payload: [0x80, 0, 0, 54, 0, 8, 0, 0])))
    #expect(!allows([.any(.v4)], [dns], outbound: Inner.v4(ipProtocol: IPProtocolNumber.tcp, payload: payload)))
    #expect(!allows([.any(.v4)], [dns], outbound: Inner.v4(fragmentOffset: 1, payload: payload)))
    #expect(!allows([.any(.v4)], [dns], outbound: Inner.v4(payload: [0x80, 0, 0])))
    let anyUDP = try selector(ipProtocol: IPProtocolNumber.udp, ports: 0...65535)
    #expect(allows([.any(.v4)], [anyUDP], outbound: Inner.v4(fragmentOffset: 1, payload: payload)))
  }

  @Test("ICMP's type and code stand for the port (RFC 7296 section 3.13.1)")
  func icmp() throws {
    let echoRequest = try selector(ipProtocol: IPProtocolNumber.icmp, ports: 0x0800...0x0800)
    let icmp = IPProtocolNumber.icmp
    #expect(allows([.any(.v4)], [echoRequest], outbound: Inner.v4(ipProtocol: icmp, payload: [8, 0, 0, 0])))
    #expect(!allows([.any(.v4)], [echoRequest], outbound: Inner.v4(ipProtocol: icmp, payload: [0, 0, 0, 0])))
  }

  @Test("an SA drops what is outside its selectors, both ways")
  func throughSA() throws {
    let narrow = try ESPSAParameters.loopback(local: [local], remote: [remote])
    let wide = try ESPSAParameters.loopback()
    let stray = Inner.v4(source: 0xC000_0201)
    let outbound = try OutboundSA(narrow, random: SeededRandom(seed: 1))
    #expect(throws: DropReason.selectorMismatch) { try outbound.seal(stray) }
    #expect(outbound.remainingSequenceNumbers == .max)
    let inbound = try InboundSA(narrow)
    let packet = try OutboundSA(wide, random: SeededRandom(seed: 1)).seal(stray)
    #expect(throws: DropReason.selectorMismatch) { try inbound.open(packet) }
  }

  private func selector(ipProtocol: UInt8, ports: ClosedRange<UInt16>) throws -> TrafficSelector {
    try #require(
      TrafficSelector(firstAddress: .v4(0), lastAddress: .v4(.max), ipProtocol: ipProtocol, ports: ports))
  }

  private func allows(_ local: [TrafficSelector], _ remote: [TrafficSelector], outbound packet: [UInt8]) -> Bool {
    packet.withUnsafeBytes { bytes in
      InnerPacket(bytes).map { SelectorCheck(local: local, remote: remote).allowsOutbound($0) } ?? false
    }
  }

  private func allows(_ local: [TrafficSelector], _ remote: [TrafficSelector], inbound packet: [UInt8]) -> Bool {
    packet.withUnsafeBytes { bytes in
      InnerPacket(bytes).map { SelectorCheck(local: local, remote: remote).allowsInbound($0) } ?? false
    }
  }
}
