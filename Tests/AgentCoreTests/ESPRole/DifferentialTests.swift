import ESP
import ESPReference
import FabricCrypto
import FabricTestKit
import Foundation
import Testing
import WireFormat

@testable import AgentCore

/// Every way that packets take, held against a slow and obvious one: byte by byte the same.
@Suite("The data path and its reference", .needsRoot, .serialized)
struct DifferentialTests {
  /// How packets leave and come in.
  enum Way: String, CaseIterable {
    /// By super-packets and trains, as far as the device and the kernel take them.
    case offloads
    /// By one system call for many datagrams, each by itself.
    case batches
    /// As IP protocol 50.
    case protocol50
  }

  private static let suites: [ProtectionSuite] = [
    .aead(.aes256GCM16), .aead(.chaCha20Poly1305), .encryptThenMAC(.aes256CBC, .hmacSHA256_128),
  ]

  /// How many packets to send in all: `make compare` sends a million.
  private static let packets = ProcessInfo.processInfo.environment["FABRIC_RANDOM_PACKETS"].flatMap(Int.init) ?? 20_000

  @Test(
    "agree on random packets, whole and to be cut, with loss, reorder, duplicates and damage", arguments: Way.allCases,
    suites)
  func agree(way: Way, suite: ProtectionSuite) throws {
    let rig = try PathRig(
      suite, isExtended: true, way == .protocol50 ? .esp : .udp, sendsTrains: way == .offloads)
    var comparison = Comparison(rig, seed: DifferentialTests.seed(way, suite))
    let wanted = DifferentialTests.packets / (Way.allCases.count * DifferentialTests.suites.count)
    while comparison.sent < wanted { try comparison.round(inTrains: way == .offloads) }
    print(
      "\(way.rawValue), \(suite.encryption.rawValue): \(comparison.sent) packets sent, \(comparison.delivered) delivered in "
        + "\(comparison.writes) writes")
    #expect(comparison.differences == [])
    // Otherwise there would be nothing to compare, or nothing joined.
    #expect(comparison.delivered > wanted / 2)
    #expect(comparison.writes < comparison.delivered)
  }

  /// Another one for each combination.
  private static func seed(_ way: Way, _ suite: ProtectionSuite) -> UInt64 {
    UInt64(10 * (Way.allCases.firstIndex(of: way) ?? 0) + (suites.firstIndex(of: suite) ?? 0))
  }
}

/// Sends random packets by the data path and by the reference, and notes where they differ.
private struct Comparison {
  private(set) var sent = 0
  private(set) var delivered = 0
  private(set) var writes = 0
  private(set) var differences: [String] = []

  private let rig: PathRig
  private let random: SeededRandom
  private let sender: ReferenceSA
  private var receiver: ReferenceSA
  private var sequence: UInt64 = 0

  init(_ rig: PathRig, seed: UInt64) {
    self.rig = rig
    random = SeededRandom(seed: seed)
    sender = ReferenceSA(outbound: rig.parameters)
    receiver = ReferenceSA(inbound: rig.parameters)
  }

  /// A few flows, mixed.
  mutating func round(inTrains: Bool) throws {
    var wire: [PathRig.Datagram] = []
    for _ in 0..<(1 + choice(4)) { wire += try sendFlow() }
    disturb(&wire)
    let expected = try wire.compactMap { try receiver.open($0.bytes) }
    let got = try rig.receive(wire, inTrains: inTrains)
    delivered += got.packets.count
    writes += got.writes
    if got.packets != expected { differences.append("after \(sequence): delivered packets differ") }
  }

  /// Hands random packets of one flow to the device, and compares what leaves with what the reference sends.
  private mutating func sendFlow() throws -> [PathRig.Datagram] {
    let packet = randomPacket()
    let size = 100 + choice(1300)
    let packets = packet.cut(into: size)
    var wire: [PathRig.Datagram] = []
    switch choice(3) {
    case 0:
      for packet in packets { wire += try rig.send(.plain, packet) }
    case 1 where packets.count == 1:
      let (header, bytes) = packet.withoutChecksum
      wire = try rig.send(header, bytes)
    default: wire = try rig.send(packet.header(segmentSize: size), packet.bytes)
    }
    sent += packets.count
    let expected = try packets.enumerated().map { index, inner in
      sequence += 1
      let iv = wire.indices.contains(index) ? Array(wire[index].bytes.dropFirst(8).prefix(ivLength)) : nil
      return PathRig.Datagram(
        bytes: try sender.packet(around: inner, sequence: sequence, iv: isAEAD ? nil : iv),
        trafficClass: packet.trafficClass)
    }
    if wire != expected { differences.append("after \(sequence): sealed packets differ") }
    return wire
  }

  private var isAEAD: Bool { rig.parameters.suite.encryption.isAEAD }
  private var ivLength: Int { rig.parameters.suite.encryption.ivLength }

  private func randomPacket() -> PacketBuilder {
    var packet = PacketBuilder(
      family: choice(2) == 0 ? .v4 : .v6, transport: choice(3) == 0 ? .udp : .tcp,
      identification: UInt16(truncatingIfNeeded: random.next()), trafficClass: [0, 2, 1, 0xB8][choice(4)],
      sequence: UInt32(truncatingIfNeeded: random.next()), flags: [0x10, 0x10, 0x18, 0x11, 0x90][choice(5)],
      payload: random.randomBytes(1 + choice(choice(4) == 0 ? 20_000 : 3000)))
    packet.ports.0 = UInt16(choice(3))
    return packet
  }

  private func disturb(_ wire: inout [PathRig.Datagram]) {
    for _ in 0..<choice(6) where wire.count > 1 {
      let index = choice(wire.count - 1)
      switch choice(6) {
      case 0: wire.remove(at: index)
      case 1: wire.swapAt(index, index + 1)
      case 2: wire.insert(wire[index], at: index)
      case 3: wire.insert(wire[choice(wire.count)], at: index)
      case 4: wire[index].bytes[choice(wire[index].bytes.count)] ^= UInt8(1 << choice(8))
      default: wire[index].bytes.removeLast(1 + choice(8))
      }
    }
  }

  private func choice(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
}
