import ESP
import ESPReference
import FabricTestKit
import WireFormat

extension FuzzTarget {
  /// What a host behind the gateway makes the tunnel's device hand over.
  static let tunOutbound = FuzzTarget(
    name: "tun-outbound", seeds: TUNOutboundTarget.seeds,
    prepare: {
      let target = TUNOutboundTarget()
      return { target.run(FuzzInput($0)) }
    })
}

/// The way out, from what is read off the device to the sealed packet, as `OutboundPath` has it; and the way in at the
/// peer, which must get what was sealed.
///
///     input   │ suite │ MTU │ virtual network header │ packet │
private final class TUNOutboundTarget {
  private let pairs = FuzzedSA.all()
  private let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
  private let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)

  deinit {
    slot.deallocate()
    whole.deallocate()
  }

  func run(_ input: FuzzInput) {
    var input = input
    let pair = pairs[Int(input.byte()) % pairs.count]
    let mtu = 68 + input.uint16() % 9000
    guard let header = VirtualNetworkHeader(input.take(VirtualNetworkHeader.length)) else { return }
    let packet = input.take(whole.count)
    let read = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count, alignment: 8)
    defer { read.deallocate() }
    read.copyMemory(from: packet)
    guard let packets = Segmentation(read, header) else { return }
    let database = SADatabase(random: SeededRandom(seed: 1))
    guard (try? database.install(pair.parameters, implementation: .openSSL)) != nil else { return }
    send(packets, mtu: mtu, database)
  }

  private func send(_ packets: Segmentation, mtu: Int, _ database: SADatabase) {
    _ = packets.trafficClass
    if packets.length(0) > mtu { return sendInFragments(packets, mtu: mtu, database) }
    for index in 0..<packets.count {
      send(length: packets.length(index), database) { target in
        packets.write(index, to: target)
        if packets.count == 1 { MaximumSegmentSize.clamp(target, toMTU: mtu) }
      }
    }
  }

  private func sendInFragments(_ packets: Segmentation, mtu: Int, _ database: SADatabase) {
    let packet = UnsafeMutableRawBufferPointer(rebasing: whole[..<packets.length(0)])
    packets.write(0, to: packet)
    guard let fragments = Fragmentation(UnsafeRawBufferPointer(packet), mtu: mtu) else {
      let answer = ICMPTooBig.answer(to: UnsafeRawBufferPointer(packet), mtu: mtu)
      precondition(answer.map { IPHeader($0) != nil } ?? true, "an answer is an IP packet")
      return
    }
    for index in 0..<fragments.count {
      precondition(fragments.length(index) <= mtu, "a fragment fits")
      send(length: fragments.length(index), database) { fragments.write(index, to: $0) }
    }
  }

  private func send(length: Int, _ database: SADatabase, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
    let inner = ESPPacketLayout.headroom..<(ESPPacketLayout.headroom + length)
    write(UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
    let before = Array(slot[inner])
    guard let sa = database.outbound(tunnel: FuzzedSA.tunnel), let sealed = try? sa.seal(inner, in: slot) else {
      return
    }
    let opened = try? database.open(sealed, in: slot).inner
    precondition(opened.map { Array(slot[$0]) } == before, "what was sealed is what is opened")
  }

  @Sendable static func seeds() -> [[UInt8]] {
    let transports = PacketBuilder.Transport.allCases
    return [IPAddress.Family.v4, .v6].flatMap { family in
      transports.flatMap { transport -> [[UInt8]] in
        let packet = PacketBuilder(
          family: family, transport: transport, payload: [UInt8](repeating: 0x5A, count: 200))
        return [nil, 64].map { size in
          FuzzSeed([0, 0x05, 0x78]).adding(packet.virtualNetworkHeader(segmentSize: size)).adding(packet.bytes).bytes
        }
      }
    }
  }
}

extension PacketBuilder {
  /// What the device says of the packet: to be cut into segments of this size, or whole.
  fileprivate func virtualNetworkHeader(segmentSize: Int?) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: VirtualNetworkHeader.length)
    bytes.withUnsafeMutableBytes { header(segmentSize: segmentSize).write(to: $0) }
    return bytes
  }
}
