import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite struct FlowTableTests {
  private let flows = (UInt16(0)..<20_000).map { FlowTableTests.flow(port: $0) }

  @Test(
    "each way gets its share of the flows",
    arguments: [[1: 1, 2: 1], [1: 3, 2: 1], [7: 6, 8: 3, 9: 2, 10: 1], [1: 100, 2: 1]])
  func shares(weights: [Int: Int]) throws {
    let table = try #require(FlowTable(weights: weights))
    let total = Double(weights.values.reduce(0, +))
    for (way, weight) in weights {
      let share = Double(flows.count { table[$0] == way }) / Double(flows.count)
      #expect(abs(share - Double(weight) / total) < 0.04, "way \(way) has \(share)")
    }
  }

  @Test("when a way goes, no flow of the others moves; when it comes back, it gets its own again")
  func stability() throws {
    let all = try #require(FlowTable(weights: [1: 3, 2: 1, 3: 2]))
    let fewer = try #require(FlowTable(weights: [1: 3, 3: 2]))
    for flow in flows where all[flow] != 2 { #expect(all[flow] == fewer[flow]) }
    let again = try #require(FlowTable(weights: [1: 3, 2: 1, 3: 2]))
    #expect(flows.allSatisfy { again[$0] == all[$0] })
  }

  @Test("one way gets everything, and no way is no table")
  func extremes() throws {
    let table = try #require(FlowTable(weights: [5: 2]))
    #expect(flows.allSatisfy { table[$0] == 5 })
    #expect(FlowTable(weights: [:]) == nil)
    #expect(FlowTable(weights: [1: 0]) == nil)
  }

  @Test("a flow is known by addresses, protocol and ports; what else is in its packets makes no difference")
  func flowIdentity() {
    let one = hash(Inner.v4(payload: [0, 53, 0, 99, 1, 2, 3, 4]))
    #expect(hash(Inner.v4(payload: [0, 53, 0, 99, 9, 9])) == one)
    #expect(hash(Inner.v4(payload: [0, 54, 0, 99, 1, 2, 3, 4])) != one)
    #expect(hash(Inner.v4(source: 1, payload: [0, 53, 0, 99])) != one)
    #expect(hash(Inner.v4(ipProtocol: IPProtocolNumber.tcp, payload: [0, 53, 0, 99])) != one)
    #expect(hash(Inner.v6(payload: [0, 53, 0, 99, 1])) == hash(Inner.v6(payload: [0, 53, 0, 99])))
    #expect(hash(Inner.v6(payload: [0, 53, 0, 98])) != hash(Inner.v6(payload: [0, 53, 0, 99])))
  }

  @Test("the fragments of a packet are one flow: the first, with its ports, and the others")
  func fragments() {
    let first = hash(Inner.v4(fragmentOffset: 0x2000, payload: [0, 53, 0, 99]))
    #expect(hash(Inner.v4(fragmentOffset: 0x2010, payload: [7, 7, 7, 7])) == first)
    #expect(hash(Inner.v4(fragmentOffset: 0x0020, payload: [8, 8, 8, 8])) == first)
  }

  @Test("what is cut or no IP packet at all has a flow, too")
  func anything() {
    let packets = [Inner.v4(), Inner.v6(), SeededRandom(seed: 1).randomBytes(80)]
    for packet in packets { for count in 0...packet.count { _ = hash(Array(packet[..<count])) } }
    #expect(hash([]) == hash([0x45]))
  }

  @Test(
    "packets to multicast and link-local addresses are of one link",
    arguments: [
      (0xDFFF_FFFF, false), (0xE000_0000, true), (0xE000_0005, true), (0xFFFF_FFFF, true), (0xA9FE_0001, true),
      (0xA9FD_FFFF, false), (0xA9FF_0000, false),
    ] as [(UInt32, Bool)])
  func ofOneLink(destination: UInt32, isOfOneLink: Bool) throws {
    var packet = Inner.v4(destination: destination)
    let segmentation = packet.withUnsafeMutableBytes { Segmentation($0, .plain)?.isOfOneLink }
    #expect(segmentation == isOfOneLink)
  }

  @Test(
    "the same of IPv6",
    arguments: [
      ([0xFF, 0x02], true), ([0xFE, 0x80], true), ([0xFE, 0xBF], true), ([0xFE, 0xC0], false), ([0xFD, 0x80], false),
    ]
      as [([UInt8], Bool)])
  func ofOneLinkIPv6(start: [UInt8], isOfOneLink: Bool) throws {
    var packet = Inner.v6()
    packet.replaceSubrange(24..<26, with: start)
    let segmentation = packet.withUnsafeMutableBytes { Segmentation($0, .plain)?.isOfOneLink }
    #expect(segmentation == isOfOneLink)
  }

  private static func flow(port: UInt16) -> FlowHash {
    let ports = [UInt8(port >> 8), UInt8(port & 0xFF), 0, 80]
    return Inner.v4(payload: ports).withUnsafeBytes { FlowHash($0) }
  }

  private func hash(_ packet: [UInt8]) -> FlowHash { packet.withUnsafeBytes { FlowHash($0) } }
}
