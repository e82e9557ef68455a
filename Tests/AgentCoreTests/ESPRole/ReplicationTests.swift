import ESP
import FabricCrypto
import FabricTestKit
import Glibc
import LinuxNetworking
import Testing
import WireFormat

@testable import AgentCore

@Suite(.needsRoot)
struct ReplicationTests {
  private static let voice: UInt8 = 46 << 2

  @Test("A packet of the class leaves by both lines and comes in once; others leave by their own tunnel only")
  func duplicates() throws {
    let rig = try TwoLines()
    for number in UInt8(0)..<10 {
      try rig.send(packet(number, ReplicationTests.voice))
      try rig.send(packet(100 + number, 0))
    }
    #expect(rig.carry(line: 0) == 20)
    #expect(rig.carry(line: 1) == 10)
    #expect(try rig.received() == (UInt8(0)..<10).flatMap { [$0, 100 + $0] })
    #expect(rig.left[0].traffic(at: .zero).packetsDuplicated == 10)
    #expect(rig.right[1].traffic(at: .zero).packetsEliminated == 10)
    #expect(rig.right[1].traffic(at: .zero).drops.isEmpty)
    #expect(rig.right[1].packetsHeard == 10)
  }

  @Test("A line that swallows everything costs the class nothing, and it stays in order")
  func losesNothing() throws {
    let rig = try TwoLines()
    var received: [UInt8] = []
    for number in UInt8(0)..<30 {
      try rig.send(packet(number, ReplicationTests.voice))
      if (10..<20).contains(number) { rig.swallow(line: 0) } else { rig.carry(line: 0) }
      rig.carry(line: 1)
      received += try rig.received()
    }
    #expect(received == Array(0..<30))
  }

  @Test("A tunnel that has lost its SA sends packets of the class by the other one, and no others")
  func withoutSA() throws {
    let rig = try TwoLines()
    rig.removeSA(0)
    try rig.send(packet(1, ReplicationTests.voice))
    try rig.send(packet(2, 0))
    #expect(rig.carry(line: 0) == 0)
    #expect(rig.carry(line: 1) == 1)
    #expect(try rig.received() == [1])
    #expect(rig.left[0].drops[.noOutboundSA] == 1)
    rig.removeSA(1)
    try rig.send(packet(3, ReplicationTests.voice))
    #expect(rig.left[0].drops[.noOutboundSA] == 2)
  }

  @Test("The header takes of what the narrower line carries: the sender of a longer packet is told, once")
  func tooBig() throws {
    let rig = try TwoLines(mtus: [1400, 1300])
    try rig.send(packet(1, ReplicationTests.voice, length: 1292, dontFragment: true))
    #expect(rig.carry(line: 0) == 1)
    #expect(rig.carry(line: 1) == 1)
    try rig.send(packet(2, ReplicationTests.voice, length: 1293, dontFragment: true))
    #expect(rig.carry(line: 0) == 0)
    #expect(rig.carry(line: 1) == 0)
    let answer = try #require(try rig.answer())
    #expect(answer[20...27] == [3, 4, answer[22], answer[23], 0, 0, 0x05, 0x0C], "fragmentation needed: 1,292 bytes")
    #expect(try rig.answer() == nil)
    #expect(rig.left[0].drops[.tooBig] == 1)

    try rig.send(packet(3, ReplicationTests.voice, length: 1293, dontFragment: false))
    #expect(rig.carry(line: 0) == 2)
    #expect(rig.carry(line: 1) == 2)
    #expect(rig.right[1].drops[.eliminated] == 3)
  }

  @Test("The second copy goes by the tunnel that shares no line with the first, if that one lives")
  func companion() throws {
    let rig = try TwoLines()
    let (lines, tunnels, database) = try rig.mesh()
    let peer = PeerSite()
    for tunnel in tunnels { peer.add(tunnel) }
    let ways = OutboundWays(database: database, uplinks: lines)
    func copies(_ number: Int) -> [Int] {
      peer.ways(ofCopiesFor: tunnels[number], among: ways).map(\.tunnel.number)
    }
    #expect((0..<4).map(copies) == [[0, 3], [1, 2], [2, 1], [3, 0]])
    let settings = TunnelSettings(
      mtu: 1400, measurementInterval: .zero, liveness: LivenessTimers(intervalMilliseconds: 50, multiplier: 3))
    tunnels[3].settings = settings
    tunnels[3].path = TunnelPath(try #require(database.outbound(tunnel: 3)), settings, at: .zero)
    tunnels[3].path?.liveness?.lost()
    #expect(copies(0) == [0, 1])
    peer.remove(tunnels[1])
    #expect(copies(0) == [0, 2])
  }

  /// An IPv4 packet whose byte behind the header is its number.
  private func packet(
    _ number: UInt8, _ trafficClass: UInt8, length: Int = 100, dontFragment: Bool = true
  ) -> [UInt8] {
    let header: [UInt8] = [
      0x45, trafficClass, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, dontFragment ? 0x40 : 0, 0, 64, 17, 0, 0,
      10, 1, 1, 5, 10, 3, 3, 7,
    ]
    return header + [number] + [UInt8](repeating: 0, count: length - 21)
  }
}

/// Two gateways with two lines and a tunnel over each. The left one's first device is where the system routes packets.
///
///     device ─ OutboundPath ─┬─ line 0 ─┬─ InboundPath ─ devices
///                            ╰─ line 1 ─╯
private final class TwoLines {
  let left, right: [TunnelInterface]
  private let leftEnds, rightEnds: [FileDescriptor]
  private let sending = SADatabase(random: SeededRandom(seed: 1))
  private let receiving = SADatabase(random: SeededRandom(seed: 2))
  private let leftLines, rightLines: [ESPUplink]
  private let peer = PeerSite()
  private let outbound = OutboundPath()
  private let inbound: InboundPath
  private let scratch = DatagramBatch(slotSize: DataPath.slotSize)

  init(mtus: [Int] = [1400, 1400]) throws {
    let network = UInt32(0x7F00_0000) | UInt32.random(in: 1..<0x00FF_FFFF) << 3 & 0x00FF_FFF8
    func line(_ host: UInt32, _ number: Int) throws -> ESPUplink {
      let address = IPAddress.v4(network | host)
      return try ESPUplink(
        name: "line \(number)", encapsulated: UDPSocket(bindingTo: Endpoint(address, port: 0)),
        plain: RawESPSocket(bindingTo: address))
    }
    leftLines = try (0..<2).map { try line(UInt32(1 + $0), $0) }
    rightLines = try (0..<2).map { try line(UInt32(3 + $0), $0) }
    let leftDevices = try (0..<2).map { try TwoLines.device($0, mtu: mtus[$0]) }
    let rightDevices = try (0..<2).map { try TwoLines.device($0, mtu: mtus[$0]) }
    (left, leftEnds) = (leftDevices.map(\.0), leftDevices.map(\.1))
    (right, rightEnds) = (rightDevices.map(\.0), rightDevices.map(\.1))
    let recovery = SequenceRecovery()
    for number in 0..<2 {
      let pair = try TwoLines.parameters(number, from: leftLines[number], to: rightLines[number])
      try sending.install(pair)
      try receiving.install(pair, recovery: recovery)
      peer.add(left[number])
    }
    inbound = InboundPath(database: receiving) { [right] in right[$0] }
  }

  private static func device(_ number: Int, mtu: Int) throws -> (TunnelInterface, FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    let device = TUNDevice(FileDescriptor(owning: ends[1]), name: "vti\(number)", takesUDPSegments: false)
    let tunnel = TunnelInterface(
      number: number, name: "tunnel \(number)", device: device,
      settings: TunnelSettings(mtu: mtu, measurementInterval: .zero, duplicatedCodePoints: [46]))
    return (tunnel, FileDescriptor(owning: ends[0]))
  }

  /// A tunnel over each of two lines of ours to each of the peer's: 0 and 3 share none, nor do 1 and 2.
  func mesh() throws -> ([String: ESPUplink], [TunnelInterface], SADatabase) {
    let database = SADatabase(random: SeededRandom(seed: 3))
    for number in 0..<4 {
      try database.install(TwoLines.parameters(number, from: leftLines[number / 2], to: rightLines[number % 2]))
    }
    let lines = Dictionary(leftLines.map { ($0.name, $0) }) { first, _ in first }
    return (lines, try (0..<4).map { try TwoLines.device($0, mtu: 1400).0 }, database)
  }

  private static func parameters(_ number: Int, from: ESPUplink, to: ESPUplink) throws -> ESPSAParameters {
    let spi = try #require(ESPSPI(rawValue: 0x1000 + UInt32(number)))
    let suite = ProtectionSuite.aead(.aes256GCM16)
    let keys = ESPKeys(
      encryption: SecretBytes([UInt8](repeating: UInt8(1 + number), count: suite.encryptionKeyLength)), integrity: nil)
    return ESPSAParameters(
      tunnel: number, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
      extendedSequenceNumbers: true, replayWindow: 64,
      path: ESPPath(
        uplink: from.name, local: from.encapsulated.localEndpoint, remote: to.encapsulated.localEndpoint,
        encapsulation: .udp),
      localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], isInitiator: true)
  }

  /// Has the system route a packet into the first tunnel.
  func send(_ packet: [UInt8]) throws {
    let message = [UInt8](repeating: 0, count: VirtualNetworkHeader.length) + packet
    try #require(write(leftEnds[0].rawValue, message, message.count) == message.count)
    let lines = Dictionary(leftLines.map { ($0.name, $0) }) { first, _ in first }
    try outbound.carry(from: left[0], to: peer, by: OutboundWays(database: sending, uplinks: lines))
  }

  func removeSA(_ number: Int) {
    for pair in sending.installed where pair.tunnel == number { sending.remove(inboundSPI: pair.inbound.spi) }
  }

  /// Carries what waits on a line, and returns how many packets of the tunnel that is.
  @discardableResult
  func carry(line: Int) -> Int {
    func heard() -> UInt64 { right[line].packetsHeard }
    let before = heard()
    while (try? inbound.carry(encapsulatedOn: rightLines[line])) == true {}
    return Int(heard() - before)
  }

  func swallow(line: Int) {
    while let count = try? scratch.receive(from: rightLines[line].encapsulated), count > 0 {}
  }

  /// The numbers of the packets that the right gateway has handed over, by device, then in order.
  func received() throws -> [UInt8] {
    rightEnds.flatMap { end in
      var numbers: [UInt8] = []
      while let message = try? end.read(upTo: TUNDevice.maximumRead), !message.isEmpty {
        numbers.append(message[VirtualNetworkHeader.length + 20])
      }
      return numbers
    }
  }

  /// What the left gateway answers to the sender of a packet.
  func answer() throws -> [UInt8]? {
    guard let message = try? leftEnds[0].read(upTo: TUNDevice.maximumRead), !message.isEmpty else { return nil }
    return Array(message.dropFirst(VirtualNetworkHeader.length))
  }
}
