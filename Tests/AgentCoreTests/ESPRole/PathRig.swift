import ESP
import ESPReference
import FabricCrypto
import FabricTestKit
import Glibc
import LinuxNetworking
import Testing
import WireFormat

@testable import AgentCore

/// The way out of one gateway and the way in of another, with real sockets; the test holds the devices' other ends and
/// the wire between.
///
///     device ─ OutboundPath ─ left socket ──► wire ──► right socket ─ InboundPath ─ device
final class PathRig {
  let parameters: ESPSAParameters
  private let sending: SADatabase
  private let outbound = OutboundPath()
  private let inbound: InboundPath
  private let left: Side
  private let right: Side
  private let wireUDP: UDPSocket
  private let wireESP: RawESPSocket
  private let batch = DatagramBatch(slotSize: DataPath.slotSize)

  /// An uplink, and a tunnel whose device is one end of a pair of sockets: what is a packet to a TUN device is a message
  /// to them.
  private struct Side {
    let uplink: ESPUplink
    let tunnel: TunnelInterface
    let device: FileDescriptor

    init(_ address: IPAddress) throws {
      uplink = try ESPUplink(
        name: "wan", encapsulated: UDPSocket(bindingTo: Endpoint(address, port: 0)),
        plain: RawESPSocket(bindingTo: address))
      var ends: [Int32] = [-1, -1]
      let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
      device = FileDescriptor(owning: ends[0])
      let ours = TUNDevice(FileDescriptor(owning: ends[1]), name: "vti", takesUDPSegments: true)
      tunnel = TunnelInterface(
        number: 1, name: "tunnel", device: ours, settings: TunnelSettings(mtu: 1500, measurementInterval: .zero))
    }
  }

  /// A packet on the wire: its bytes from the SPI on, and DSCP and ECN of its IP header.
  struct Datagram: Equatable {
    var bytes: [UInt8]
    var trafficClass: UInt8
  }

  init(_ suite: ProtectionSuite, isExtended: Bool, _ encapsulation: ESPEncapsulation, sendsTrains: Bool) throws {
    // Addresses of the loopback network that nobody else has.
    let network = UInt32(0x7F00_0000) | UInt32.random(in: 1..<0x00FF_FFFF) << 2 & 0x00FF_FFFC
    left = try Side(.v4(network | 1))
    right = try Side(.v4(network | 2))
    wireUDP = try UDPSocket(bindingTo: Endpoint(.v4(network | 3), port: 0))
    wireESP = try RawESPSocket(bindingTo: .v4(network | 3))
    try wireUDP.receiveTrafficClass()
    try wireESP.receiveTrafficClass()
    if !sendsTrains { left.uplink.stopSendingTrains() }
    let random = SeededRandom(seed: 3)
    let spi = try #require(ESPSPI(rawValue: 0x1000))
    let keys = ESPKeys(
      encryption: SecretBytes(random.randomBytes(suite.encryptionKeyLength)),
      integrity: suite.integrity.map { SecretBytes(random.randomBytes($0.keyLength)) })
    parameters = ESPSAParameters(
      tunnel: 1, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
      extendedSequenceNumbers: isExtended, replayWindow: 64,
      path: ESPPath(
        uplink: "wan", local: left.uplink.encapsulated.localEndpoint, remote: wireUDP.localEndpoint,
        encapsulation: encapsulation),
      localSelectors: [.any(.v4), .any(.v6)], remoteSelectors: [.any(.v4), .any(.v6)], isInitiator: true)
    sending = SADatabase(random: random)
    let receiving = SADatabase(random: random)
    try sending.install(parameters)
    try receiving.install(parameters)
    inbound = InboundPath(database: receiving) { [right] in $0 == 1 ? right.tunnel : nil }
  }

  /// What the left gateway sends of what its device hands over.
  func send(_ header: VirtualNetworkHeader, _ packet: [UInt8]) throws -> [Datagram] {
    var message = [UInt8](repeating: 0, count: VirtualNetworkHeader.length)
    message.withUnsafeMutableBytes { header.write(to: $0) }
    message += packet
    try #require(write(left.device.rawValue, message, message.count) == message.count)
    try outbound.carry(
      from: left.tunnel, by: OutboundWays(database: sending, uplinks: ["wan": left.uplink]))
    return try parameters.path.encapsulation == .udp ? received(wireUDP, skipping: 0) : received(wireESP, skipping: 20)
  }

  private func received(_ socket: some DatagramSocket, skipping headerLength: Int) throws -> [Datagram] {
    var datagrams: [Datagram] = []
    while case let count = try batch.receive(from: socket), count > 0 {
      datagrams += (0..<count).map {
        Datagram(bytes: Array(batch.datagram($0).dropFirst(headerLength)), trafficClass: batch.trafficClass($0))
      }
    }
    return datagrams
  }

  /// What the right gateway hands to its device of what comes in: packets, and in how many writes.
  func receive(_ datagrams: [Datagram], inTrains: Bool) throws -> (packets: [[UInt8]], writes: Int) {
    for datagram in datagrams {
      put(datagram, inTrains: inTrains && parameters.path.encapsulation == .udp)
    }
    try flush()
    return try takeFromDevice()
  }

  private func put(_ datagram: Datagram, inTrains: Bool) {
    let length = datagram.bytes.count
    let joint = inTrains ? batch.trainEnd(forDatagramOf: length, trafficClass: datagram.trafficClass) : nil
    if joint == nil, batch.isFull { try? flush() }
    let slot = batch.slot(joint == nil ? batch.count : batch.count - 1)
    let range = (joint ?? 0)..<((joint ?? 0) + length)
    slot[range].copyBytes(from: datagram.bytes)
    if joint != nil { return batch.extendTrain(by: length) }
    let destination =
      parameters.path.encapsulation == .udp
      ? right.uplink.encapsulated.localEndpoint : Endpoint(right.uplink.address, port: 0)
    batch.append(range, to: destination, trafficClass: datagram.trafficClass)
  }

  private func flush() throws {
    let isUDP = parameters.path.encapsulation == .udp
    let outcome = isUDP ? batch.send(by: wireUDP) : batch.send(by: wireESP)
    #expect(outcome == DatagramBatch.Outcome())
    while try isUDP ? inbound.carry(encapsulatedOn: right.uplink) : inbound.carry(plainOn: right.uplink) {}
  }

  private func takeFromDevice() throws -> (packets: [[UInt8]], writes: Int) {
    var (packets, writes) = ([[UInt8]](), 0)
    while let message = try? right.device.read(upTo: TUNDevice.maximumRead), !message.isEmpty {
      let header = try #require(message.withUnsafeBytes { VirtualNetworkHeader($0) })
      packets += ReferenceSegmentation.cut(Array(message.dropFirst(VirtualNetworkHeader.length)), header)
      writes += 1
    }
    return (packets, writes)
  }
}
