import ESP
import FabricCrypto
import FabricTestKit
import Glibc
import LinuxNetworking
import Testing
import WireFormat

@testable import AgentCore

/// Two gateways with two lines and a tunnel over each. The left one's first device is where the system routes packets.
///
///     device ─ OutboundPath ─┬─ line 0 ─┬─ InboundPath ─ devices
///                            ╰─ line 1 ─╯
final class TwoLines {
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

  /// An IPv4 packet of UDP whose first byte behind the header, and so its flow, is its number.
  static func packet(
    _ number: UInt8, _ trafficClass: UInt8 = 0, length: Int = 100, dontFragment: Bool = true,
    destination: [UInt8] = [10, 3, 3, 7]
  ) -> [UInt8] {
    let header: [UInt8] = [
      0x45, trafficClass, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, dontFragment ? 0x40 : 0, 0, 64, 17, 0, 0,
      10, 1, 1, 5,
    ]
    return header + destination + [number] + [UInt8](repeating: 0, count: length - 21)
  }

  /// Has the system route a packet into the first tunnel.
  func send(_ packet: [UInt8]) throws {
    let message = [UInt8](repeating: 0, count: VirtualNetworkHeader.length) + packet
    try #require(write(leftEnds[0].rawValue, message, message.count) == message.count)
    let lines = Dictionary(leftLines.map { ($0.name, $0) }) { first, _ in first }
    try outbound.carry(from: left[0], to: peer, by: OutboundWays(database: sending, uplinks: lines))
  }

  func share(by shares: SiteShares) { peer.share(by: shares) }

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
