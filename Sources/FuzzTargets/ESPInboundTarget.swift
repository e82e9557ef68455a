import ESP
import ESPReference
import FabricTestKit
import WireFormat

extension FuzzTarget {
  /// What comes in on port 4500: datagrams as they are, and texts sealed by a peer that means ill.
  static let espInbound = FuzzTarget(
    name: "esp-inbound", seeds: ESPInboundTarget.seeds,
    prepare: {
      let target = ESPInboundTarget()
      return { target.run(FuzzInput($0)) }
    })
}

/// The way in, from the datagram to what the tunnel's device is given; as `InboundPath` has it, without sockets.
///
///     input   │ suite │ then for each datagram: kind │ step of the sequence number │ outer class │ length │ bytes │
private final class ESPInboundTarget {
  private let pairs = FuzzedSA.all()
  /// What has come in, until the run of packets that lie in it is over.
  private let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
  private var used = 0
  private var run = PacketRun()
  private var packets: [[UInt8]] = []

  deinit { arena.deallocate() }

  func run(_ input: FuzzInput) {
    var input = input
    let pair = pairs[Int(input.byte()) % pairs.count]
    let database = SADatabase(random: SeededRandom(seed: 1))
    guard (try? database.install(pair.parameters, recovery: SequenceRecovery(), implementation: .openSSL)) != nil
    else { return }
    var sequence: UInt64 = 0
    while !input.isAtEnd {
      let isSealed = input.byte() & 1 == 1
      sequence &+= UInt64(bitPattern: Int64(Int8(bitPattern: input.byte())))
      let outer = input.byte()
      let bytes = input.chunk()
      receive(isSealed ? pair.seal(bytes, sequence: sequence) : Array(bytes), outer, database)
    }
    flush()
  }

  private func receive(_ datagram: [UInt8], _ outer: UInt8, _ database: SADatabase) {
    if used + datagram.count > arena.count { flush() }
    let slot = UnsafeMutableRawBufferPointer(rebasing: arena[used...].prefix(datagram.count))
    slot.copyBytes(from: datagram)
    used += slot.count
    guard UDPEncapsulation.classify(UnsafeRawBufferPointer(slot)) == .esp else { return }
    do throws(DropReason) {
      let inner = try database.open(0..<slot.count, in: slot).inner
      deliver(UnsafeMutableRawBufferPointer(rebasing: slot[inner]), outer)
    } catch {
      guard error == .dummy, let dummy = database.dummy(0..<slot.count, in: slot) else { return }
      _ = PathProbe(dummy.payload)
      _ = STAMPPacket(dummy.payload)
    }
  }

  private func deliver(_ packet: UnsafeMutableRawBufferPointer, _ outer: UInt8) {
    precondition(IPHeader(UnsafeRawBufferPointer(packet)) != nil, "what leaves the tunnel is an IP packet")
    guard TunnelTrafficClass.combine(outer: outer, into: packet) else { return }
    MaximumSegmentSize.clamp(packet, toMTU: 1400)
    if run.isEmpty || !run.join(packet) {
      hand()
      run.start(packet, joinsUDP: true)
    }
    packets.append(Array(packet))
  }

  /// Gives the device the run; what it is cut into again must be what came in.
  private func hand() {
    guard !run.isEmpty else { return }
    let before = packets
    packets = []
    let header = run.finish()
    let whole = run.pieces.flatMap { Array($0) }
    precondition(ReferenceSegmentation.cut(whole, header) == before, "joined packets come apart as they went in")
    run = PacketRun()
  }

  private func flush() {
    hand()
    used = 0
  }

  @Sendable static func seeds() throws -> [[UInt8]] {
    let inner = PacketBuilder(payload: [UInt8](repeating: 0x5A, count: 64)).cut(into: 16)
    let sealed = inner.reduce(FuzzSeed([0])) { seed, packet in
      seed.adding([1, 1, 0]).chunk(packet + [1, 2, 2, 4])
    }
    let replica = FuzzSeed([0]).adding([1, 1, 0]).chunk([0, 1, 1, 255, 0, 0, 0, 7] + inner[0] + [1, 2, 2, 137])
    let dummy = FuzzSeed([5]).adding([1, 1, 3]).chunk([UInt8](repeating: 0, count: 14) + [0, 59])
    let captured = try SeedCaptures.datagrams().map { FuzzSeed([0, 0, 0, 0]).chunk($0).bytes }
    return [sealed.bytes, replica.bytes, dummy.bytes] + captured
  }
}
