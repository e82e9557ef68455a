import ESP
import FabricCrypto
import FabricTestKit
import Glibc
import LinuxNetworking
import Testing
import WireFormat

@testable import AgentCore

@Suite(.needsRoot)
struct InboundFairnessTests {
  @Test(
    "A tunnel that floods a gateway costs another tunnel no packet, and still carries its own",
    arguments: [ESPEncapsulation.udp, .esp])
  func floodCostsOthersNothing(encapsulation: ESPEncapsulation) throws {
    let rig = try TwoTunnels(encapsulation)
    let turns = 200
    for _ in 0..<turns {
      for _ in 0..<63 { try rig.send(through: rig.flooded) }
      try rig.send(through: rig.quiet)
      try rig.carryOneTurn()
    }
    while try rig.carryOneTurn() {}
    #expect(rig.quiet.packetsIn == turns)
    #expect(rig.flooded.drops[.queueFull] > 0)
    #expect(rig.flooded.packetsIn > 10 * turns)
    #expect(rig.flooded.packetsIn + rig.flooded.drops[.queueFull] == 63 * turns)
  }
}

/// A gateway with two tunnels, and the peer that sends through them. What comes in is counted, and read by nobody.
private final class TwoTunnels {
  let flooded, quiet: TunnelInterface
  private let encapsulation: ESPEncapsulation
  private let database = SADatabase(random: SeededRandom(seed: 5))
  private let inbound: InboundPath
  private let uplink: ESPUplink
  private let peer: ESPUplink
  private let batch = DatagramBatch()
  private let farEnds: [FileDescriptor]

  init(_ encapsulation: ESPEncapsulation) throws {
    self.encapsulation = encapsulation
    let network = UInt32(0x7F00_0000) | UInt32.random(in: 1..<0x00FF_FFFF) << 2 & 0x00FF_FFFC
    func makeUplink(_ host: UInt32) throws -> ESPUplink {
      let address = IPAddress.v4(network | host)
      return try ESPUplink(
        name: "wan", encapsulated: UDPSocket(bindingTo: Endpoint(address, port: 0)),
        plain: RawESPSocket(bindingTo: address))
    }
    uplink = try makeUplink(1)
    peer = try makeUplink(2)
    var tunnels: [TunnelInterface] = []
    var farEnds: [FileDescriptor] = []
    for number in 1...2 {
      var ends: [Int32] = [-1, -1]
      let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
      farEnds.append(FileDescriptor(owning: ends[0]))
      let device = TUNDevice(FileDescriptor(owning: ends[1]), name: "vti\(number)", takesUDPSegments: false)
      tunnels.append(
        TunnelInterface(
          number: number, name: "tunnel \(number)", device: device,
          settings: TunnelSettings(mtu: 1500, measurementInterval: .zero)))
      try database.install(TwoTunnels.parameters(number, encapsulation, uplink))
    }
    self.farEnds = farEnds
    flooded = tunnels[0]
    quiet = tunnels[1]
    inbound = InboundPath(database: database) { [tunnels] in tunnels[$0 - 1] }
  }

  /// The pair is its own peer.
  private static func parameters(
    _ number: Int, _ encapsulation: ESPEncapsulation, _ uplink: ESPUplink
  ) throws -> ESPSAParameters {
    let spi = try #require(ESPSPI(rawValue: 0x1000 + UInt32(number)))
    let suite = ProtectionSuite.aead(.aes256GCM16)
    let keys = ESPKeys(
      encryption: SecretBytes([UInt8](repeating: UInt8(number), count: suite.encryptionKeyLength)), integrity: nil)
    let gateway = uplink.encapsulated.localEndpoint
    return ESPSAParameters(
      tunnel: number, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
      extendedSequenceNumbers: true, replayWindow: 1024,
      path: ESPPath(uplink: "wan", local: gateway, remote: gateway, encapsulation: encapsulation),
      localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], isInitiator: true)
  }

  /// Sends a packet of 1,000 bytes from the peer.
  func send(through tunnel: TunnelInterface) throws {
    let sa = try #require(database.outbound(tunnel: tunnel.number))
    let inner = ESPPacketLayout.headroom..<(ESPPacketLayout.headroom + 1000)
    let slot = batch.slot(0)
    UnsafeMutableRawBufferPointer(rebasing: slot[inner]).copyBytes(from: [
      0x45, 0, 0x03, 0xE8, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 1, 5, 10, 3, 3, 7,
    ])
    batch.append(try sa.seal(inner, in: slot), to: sa.path.destination)
    #expect(batch.send(by: peer.socket(for: encapsulation)) == DatagramBatch.Outcome())
  }

  @discardableResult func carryOneTurn() throws -> Bool {
    try encapsulation == .udp ? inbound.carry(encapsulatedOn: uplink) : inbound.carry(plainOn: uplink)
  }
}
