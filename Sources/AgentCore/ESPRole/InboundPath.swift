import ESP
import LinuxNetworking
import WireFormat

/// The way of a packet in: receive ─► keepalive / IKE / ESP ─► SA by SPI ─► open ─► one TUN write for each run of
/// packets that belong together.
final class InboundPath {
  /// Packets of no tunnel.
  private(set) var drops = DropCounters()
  /// Called with an IKE message that came in on port 4500, its non-ESP marker taken off; valid during the call only.
  var onIKEMessage: (_ uplink: ESPUplink, _ remote: Endpoint, UnsafeRawBufferPointer) -> Void = { _, _, _ in }

  /// Called with what a dummy packet carries that the peer sent through a tunnel, valid during the call only; whether it is
  /// one of ours.
  var onDummy: (_ tunnel: TunnelInterface, UnsafeRawBufferPointer) -> Bool = { _, _ in false }

  /// Called with the source of an authentic packet that did not come from where its tunnel's packets go to.
  var onOtherSource: (_ tunnel: Int, _ source: Endpoint) -> Void = { _, _ in }

  /// Sixteen trains are up to 700 packets: more would keep the other direction waiting.
  private let batch = DatagramBatch(capacity: 16, slotSize: DataPath.slotSize)
  /// 16 trains each: more than the socket's buffer holds.
  private static let batchesOfRelief = 64
  private let run = PacketRun()
  @exclusivity(unchecked) private var runTunnel: TunnelInterface?
  /// The SPI, as on the wire, of packets that are given up unopened.
  @exclusivity(unchecked) private var surplus: UInt32?
  /// Where the last ESP packet of the batch lies.
  private var lastPacket: Int?
  private let database: SADatabase
  private let tunnel: (Int) -> TunnelInterface?

  /// A way in to the tunnels that `tunnel` finds by their number.
  init(database: SADatabase, tunnel: @escaping (Int) -> TunnelInterface?) {
    self.database = database
    self.tunnel = tunnel
  }

  /// Carries a batch of what is waiting on port 4500; false if nothing was. Throws if the socket cannot be read.
  func carry(encapsulatedOn uplink: ESPUplink) throws(LinuxError) -> Bool {
    defer { flush() }
    var taken = 0
    var received = try batch.receive(from: uplink.encapsulated)
    while received > 0 {
      for index in taken..<batch.count { take(train: index, uplink) }
      taken = batch.count
      // What the sender read as one packet may be longer than a train: the rest is about to arrive, and the receiver need
      // not know that it was cut.
      guard runTunnel != nil, run.isOpen, !batch.isFull else { break }
      received = try batch.receiveMore(from: uplink.encapsulated)
    }
    noticeSource()
    try relieve(uplink.encapsulated, startOfESP: { _ in 0 }) { take(train: $0, uplink) }
    return taken > 0
  }

  /// Looks where the last packet of a batch came from; once a batch is often enough, and costs no packet anything.
  private func noticeSource() {
    defer { lastPacket = nil }
    guard let lastPacket, let pair = database.pairOfNewestPacket, pair.outbound.path.encapsulation == .udp,
      let source = batch.source(lastPacket), source != pair.outbound.path.remote
    else { return }
    onOtherSource(pair.tunnel, source)
  }

  /// Carries a batch of what is waiting as protocol 50; false if nothing was. Throws if the socket cannot be read.
  func carry(plainOn uplink: ESPUplink) throws(LinuxError) -> Bool {
    defer { flush() }
    let family = uplink.address.family
    let count = try batch.receive(from: uplink.plain)
    for index in 0..<count { take(plain: index, family) }
    try relieve(uplink.plain, startOfESP: { startOfESP($0, family: family) }) { take(plain: $0, family) }
    return count > 0
  }

  /// More comes than can be opened, and soon the system would drop whatever comes, so that one tunnel's flood would cost
  /// the others their liveness packets: what most of the batch belongs to is given up unopened, until half of the socket's
  /// buffer is free. A batch that is not full was all that waited.
  private func relieve(
    _ socket: some DatagramSocket, startOfESP: (UnsafeRawBufferPointer) -> Int?, _ take: (Int) -> Void
  ) throws(LinuxError) {
    defer { surplus = nil }
    for _ in 0..<InboundPath.batchesOfRelief {
      guard batch.isFull, socket.isCrowded else { return }
      surplus = spiOfMost(startOfESP)
      flush()
      for index in 0..<(try batch.receive(from: socket)) { take(index) }
    }
  }

  /// The SPI that more than half of the batch's packets have, if there is one; else one of those that it has (Boyer and
  /// Moore's vote).
  private func spiOfMost(_ startOfESP: (UnsafeRawBufferPointer) -> Int?) -> UInt32? {
    var candidate: (spi: UInt32, votes: Int)?
    for index in 0..<batch.count {
      let datagrams = UnsafeRawBufferPointer(batch.datagram(index))
      guard let start = startOfESP(datagrams), start + ESPPacketLayout.headerLength <= datagrams.count else { continue }
      let spi = datagrams.loadUnaligned(fromByteOffset: start, as: UInt32.self)
      let count = datagrams.count / batch.segmentSize(index)
      guard let known = candidate else {
        candidate = (spi, count)
        continue
      }
      let votes = known.votes + (spi == known.spi ? count : -count)
      candidate = votes < 0 ? (spi, -votes) : (known.spi, votes)
    }
    return candidate?.spi
  }

  private func take(plain slot: Int, _ family: IPAddress.Family) {
    let datagram = batch.datagram(slot)
    guard let start = startOfESP(UnsafeRawBufferPointer(datagram), family: family) else {
      return drops.count(.truncated)
    }
    deliver(start..<datagram.count, in: datagram, outerTrafficClass: batch.trafficClass(slot))
  }

  private func take(train slot: Int, _ uplink: ESPUplink) {
    var train = batch.datagram(slot)
    let size = batch.segmentSize(slot)
    repeat {
      take(UnsafeMutableRawBufferPointer(rebasing: train.prefix(size)), slot, uplink)
      train = UnsafeMutableRawBufferPointer(rebasing: train.dropFirst(size))
    } while !train.isEmpty
  }

  private func take(_ datagram: UnsafeMutableRawBufferPointer, _ slot: Int, _ uplink: ESPUplink) {
    switch UDPEncapsulation.classify(UnsafeRawBufferPointer(datagram)) {
    case .keepalive: return
    case .malformed: drops.count(.truncated)
    case .esp:
      lastPacket = slot
      deliver(0..<datagram.count, in: datagram, outerTrafficClass: batch.trafficClass(slot))
    case .ike:
      guard let remote = batch.source(slot) else { return }
      onIKEMessage(uplink, remote, UnsafeRawBufferPointer(rebasing: datagram[UDPEncapsulation.markerLength...]))
    }
  }

  /// Where ESP begins in what a raw socket gives: behind the IP header in IPv4 (raw(7)), at the start in IPv6 (RFC 3542
  /// section 3).
  private func startOfESP(_ datagram: UnsafeRawBufferPointer, family: IPAddress.Family) -> Int? {
    family == .v4 ? IPHeader(datagram)?.headerLength : 0
  }

  private func deliver(_ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer, outerTrafficClass: UInt8) {
    if let surplus, isOf(surplus, packet, in: buffer) { return countDrop(.queueFull, of: packet, in: buffer) }
    let opened: (tunnel: Int, inner: Range<Int>)
    do throws(DropReason) {
      opened = try database.open(packet, in: buffer)
    } catch {
      if error == .dummy, takeDummy(packet, in: buffer) { return }
      return countDrop(error, of: packet, in: buffer)
    }
    guard let tunnel = tunnel(numbered: opened.tunnel) else { return }
    let inner = UnsafeMutableRawBufferPointer(rebasing: buffer[opened.inner])
    guard TunnelTrafficClass.combine(outer: outerTrafficClass, into: inner) else {
      return tunnel.drops.count(.congestionExperienced)
    }
    tunnel.countIn(bytes: inner.count)
    MaximumSegmentSize.clamp(inner, toMTU: tunnel.innerMTU)
    if runTunnel === tunnel, run.join(inner) { return }
    flush()
    run.start(inner, joinsUDP: tunnel.device.takesUDPSegments)
    runTunnel = tunnel
  }

  private func isOf(_ spi: UInt32, _ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) -> Bool {
    packet.count >= ESPPacketLayout.headerLength
      && buffer.loadUnaligned(fromByteOffset: packet.lowerBound, as: UInt32.self) == spi
  }

  /// Packets come in trains of one tunnel: that of the last is the likeliest.
  private func tunnel(numbered number: Int) -> TunnelInterface? {
    if let runTunnel, runTunnel.number == number { return runTunnel }
    return tunnel(number)
  }

  /// Whether a dummy packet is one of ours.
  private func takeDummy(_ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard let dummy = database.dummy(packet, in: buffer), let tunnel = tunnel(dummy.tunnel) else { return false }
    return onDummy(tunnel, dummy.payload)
  }

  private func flush() {
    guard let tunnel = runTunnel else { return }
    let header = run.finish()
    if !tunnel.device.write(header, run.pieces) { tunnel.refusedBySystem &+= UInt64(run.pieces.count) }
    runTunnel = nil
  }

  /// Counts at the tunnel that the packet claims to belong to, if it exists.
  private func countDrop(_ reason: DropReason, of packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) {
    guard packet.count >= ESPPacketLayout.headerLength,
      let spi = ESPSPI(
        rawValue: UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: packet.lowerBound, as: UInt32.self))),
      let tunnel = database.tunnel(inboundSPI: spi).flatMap(tunnel)
    else { return drops.count(reason) }
    tunnel.drops.count(reason)
  }
}
