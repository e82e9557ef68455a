import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite struct ReplicationTests {
  @Test("the header is an S-Label at the bottom of the stack and a control word (RFC 8964 section 4.2)")
  func header() throws {
    let header = ReplicaHeader(flow: 0xABCDE, number: 0x0123_4567)
    let bytes = written(header)
    #expect(bytes == [0xAB, 0xCD, 0xE1, 0xFF, 0x01, 0x23, 0x45, 0x67])
    #expect(bytes.withUnsafeBytes { ReplicaHeader($0) } == header)
  }

  @Test("what is no such header is refused: short, of more labels, of a reserved one, of another control word")
  func otherHeaders() {
    let good: [UInt8] = [0x00, 0x01, 0x01, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF]
    #expect(read(good)?.number == ReplicaHeader.numbers - 1)
    #expect(read(Array(good.dropLast())) == nil)
    #expect(read([0x00, 0x01, 0x00, 0xFF] + good[4...]) == nil)
    #expect(read([0x00, 0x00, 0xF1, 0xFF] + good[4...]) == nil)
    #expect(read(good[..<4] + [0x10, 0, 0, 0]) == nil)
  }

  @Test("each flow is named by chance, outside of the reserved labels, and counts from zero")
  func generation() {
    let random = SeededRandom(seed: 1)
    for _ in 0..<1000 {
      var generation = SequenceGeneration(random: random)
      #expect(ReplicaHeader.flows.contains(generation.header(0).flow))
      generation.advance(by: 3)
      #expect(generation.header(0).number == 3)
      #expect(generation.header(2).number == 5)
    }
  }

  @Test(
    "of two copies under the SAs of two tunnels one is opened, with every suite; a packet that is sent once is not numbered",
    arguments: Protection.all)
  func twoTunnels(protection: Protection) throws {
    let tunnels = try Tunnels(protection)
    for number: UInt32 in 0..<20 {
      let inner = number.isMultiple(of: 2) ? Inner.v4() : Inner.v6()
      let copies = try tunnels.seal(inner, number)
      let isSwapped = number.isMultiple(of: 3)
      #expect(try tunnels.open(isSwapped ? copies.1 : copies.0) == inner)
      #expect(throws: DropReason.eliminated) { try tunnels.open(isSwapped ? copies.0 : copies.1) }
      #expect(try tunnels.open(tunnels.first.seal(inner)) == inner)
    }
  }

  @Test("a copy that is forged, replayed or not allowed does not keep the other one out")
  func dropsDoNotCount() throws {
    let tunnels = try Tunnels(Protection(suite: .aead(.aes256GCM16), extended: true))
    let copies = try tunnels.seal(Inner.v4(), 1)
    var forged = copies.0
    forged[forged.count - 1] ^= 1
    #expect(throws: DropReason.notAuthentic) { try tunnels.open(forged) }
    #expect(try tunnels.open(copies.1) == Inner.v4())
    #expect(throws: DropReason.replayed) { try tunnels.open(copies.1) }
    #expect(throws: DropReason.eliminated) { try tunnels.open(copies.0) }
  }

  @Test("a peer that is not known to send packets twice is not heard when it does")
  func unknown() throws {
    let tunnels = try Tunnels(Protection(suite: .aead(.aes256GCM16), extended: true))
    let alone = try InboundSA(.loopback(spi: 0x1001, seed: 0x1001))
    #expect(throws: DropReason.unexpectedNextHeader) { try alone.open(tunnels.seal(Inner.v4(), 0).0) }
  }

  @Test("a packet without room for the header is refused, and one outside of the selectors")
  func outbound() throws {
    let prefix = try #require(IPPrefix("10.9.0.0/16"))
    let narrow = try OutboundSA(
      .loopback(local: [TrafficSelector(prefix)]), random: SeededRandom(seed: 1))
    let sa = try OutboundSA(.loopback(), random: SeededRandom(seed: 1))
    let header = ReplicaHeader(flow: 16, number: 0)
    #expect(throws: DropReason.selectorMismatch) { try narrow.seal(Inner.v4(), behind: header) }
    #expect(throws: DropReason.noRoom) { try sa.seal(Inner.v4(), behind: header, headroom: 23) }
    #expect(throws: DropReason.noRoom) { try sa.seal(Inner.v4(), behind: header, headroom: 7) }
    #expect(try sa.seal(Inner.v4(), behind: header, headroom: 24).isEmpty == false)
  }

  private func written(_ header: ReplicaHeader) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: ReplicaHeader.length)
    bytes.withUnsafeMutableBytes { header.write(to: $0) }
    return bytes
  }

  private func read(_ bytes: [UInt8]) -> ReplicaHeader? { bytes.withUnsafeBytes { ReplicaHeader($0) } }
}

/// Two tunnels to one peer, which is their own other end.
private struct Tunnels {
  let first, second: OutboundSA
  private let database = SADatabase(random: SeededRandom(seed: 2))

  init(_ protection: Protection) throws {
    let recovery = SequenceRecovery()
    let parameters = try [UInt32(0x1001), 0x1002].map {
      try ESPSAParameters.loopback(protection, spi: $0, tunnel: Int($0 & 3), seed: UInt64($0))
    }
    for pair in parameters {
      try database.install(pair, recovery: recovery, implementation: protection.implementation)
    }
    first = try OutboundSA(parameters[0], random: SeededRandom(seed: 3))
    second = try OutboundSA(parameters[1], random: SeededRandom(seed: 4))
  }

  func seal(_ inner: [UInt8], _ number: UInt32) throws(DropReason) -> ([UInt8], [UInt8]) {
    let header = ReplicaHeader(flow: 99, number: number)
    return (try first.seal(inner, behind: header), try second.seal(inner, behind: header))
  }

  func open(_ packet: [UInt8]) throws(DropReason) -> [UInt8] {
    var buffer = packet
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(DropReason) in try database.open(0..<packet.count, in: bytes) }
    }
    return Array(buffer[try result.get().inner])
  }
}

extension OutboundSA {
  /// Seals one packet behind a header, in a buffer of its own.
  fileprivate func seal(
    _ inner: [UInt8], behind header: ReplicaHeader, headroom: Int = ESPPacketLayout.headroom + ReplicaHeader.length
  ) throws(DropReason) -> [UInt8] {
    var buffer =
      [UInt8](repeating: 0xEE, count: headroom) + inner + [UInt8](repeating: 0xEE, count: ESPPacketLayout.tailroom)
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(DropReason) in
        let sealed = try sealLater(headroom..<(headroom + inner.count), behind: header, in: bytes)
        guard finishSealing() else { throw .cipherFailure }
        return sealed
      }
    }
    return Array(buffer[try result.get()])
  }
}
