import ESP
import FabricCrypto
import LinuxNetworking
import WireFormat

/// Carries packets between the tunnels' TUN devices and the uplinks' sockets, a batch at a time, each in place in the
/// slot that it was read into.
///
///     out:  TUN read ─► SA of the tunnel ─► seal ─────────────────────────────► send on the SA's uplink
///     in:   receive  ─► keepalive / IKE / ESP ─► SA by SPI ─► open ───────────► TUN write
///                                   ╰─► onIKEMessage
///
/// Every turn of the loop carries at most one batch of each ready descriptor, so that a busy tunnel does not starve the
/// others. Nothing is allocated per packet. What cannot be carried is dropped and counted, never sent in clear.
final class DataPath {
  let database = SADatabase(random: SystemRandom())
  private(set) var tunnels: [Int: TunnelInterface] = [:]
  private(set) var uplinks: [String: ESPUplink] = [:]
  /// Packets of no tunnel.
  private(set) var drops = DropCounters()

  /// Called with an IKE message that came in on port 4500, its non-ESP marker taken off; valid during the call only.
  var onIKEMessage: (_ uplink: ESPUplink, _ remote: Endpoint, UnsafeRawBufferPointer) -> Void = { _, _, _ in }
  /// Called when a device or socket can no longer be read and has been given up.
  var onFailure: (_ name: String, LinuxError) -> Void = { _, _ in }

  private let loop: EventLoop
  private let outgoing = DatagramBatch(slotSize: slotSize)
  private let incoming = DatagramBatch(slotSize: slotSize)

  /// Room for the largest IP packet, ESP around it, and a line of cache more: slots a whole number of pages apart
  /// would compete for the same lines.
  private static let slotSize = (1 << 16) + 192

  init(loop: EventLoop) { self.loop = loop }

  // MARK: - What there is

  func add(_ tunnel: TunnelInterface) throws(LinuxError) {
    tunnels[tunnel.number] = tunnel
    try watch(tunnel.device.descriptor, tunnel.name) { [unowned self] () throws(LinuxError) in
      try carryOut(of: tunnel)
    }
  }

  func remove(_ tunnel: TunnelInterface) {
    loop.unwatch(tunnel.device.descriptor)
    tunnels[tunnel.number] = nil
  }

  /// Adds an uplink in the place of an earlier one of that name.
  func add(_ uplink: ESPUplink) throws(LinuxError) {
    removeUplink(uplink.name)
    uplinks[uplink.name] = uplink
    try watch(uplink.encapsulated.descriptor, uplink.name) { [unowned self, unowned uplink] () throws(LinuxError) in
      try carryIn(encapsulatedOn: uplink)
    }
    try watch(uplink.plain.descriptor, uplink.name) { [unowned self, unowned uplink] () throws(LinuxError) in
      try carryIn(plainOn: uplink)
    }
  }

  func removeUplink(_ name: String) {
    guard let uplink = uplinks.removeValue(forKey: name) else { return }
    loop.unwatch(uplink.encapsulated.descriptor)
    loop.unwatch(uplink.plain.descriptor)
  }

  private func watch(
    _ descriptor: FileDescriptor, _ name: String, _ carry: @escaping () throws(LinuxError) -> Void
  ) throws(LinuxError) {
    try loop.watch(descriptor) { [unowned self] in
      do throws(LinuxError) {
        try carry()
      } catch {
        // A descriptor that fails stays ready for ever; whoever owns the device sends a new one.
        loop.unwatch(descriptor)
        onFailure(name, error)
      }
    }
  }

  // MARK: - A packet out

  private func carryOut(of tunnel: TunnelInterface) throws(LinuxError) {
    let sa = database.outbound(tunnel: tunnel.number)
    for _ in 0..<outgoing.capacity {
      let slot = outgoing.slot(outgoing.count)
      let room = ESPPacketLayout.headroom..<(slot.count - ESPPacketLayout.tailroom)
      guard let length = try tunnel.device.readPacket(into: UnsafeMutableRawBufferPointer(rebasing: slot[room])) else {
        break
      }
      seal(room.lowerBound..<(room.lowerBound + length), in: slot, with: sa, of: tunnel)
    }
    flush(path: sa?.path, of: tunnel)
  }

  private func seal(
    _ inner: Range<Int>, in slot: UnsafeMutableRawBufferPointer, with sa: OutboundSA?, of tunnel: TunnelInterface
  ) {
    // DESIGN.md section 5, invariant 2: no SA means drop.
    guard let sa else { return tunnel.drops.count(.noOutboundSA) }
    do throws(DropReason) {
      outgoing.append(try sa.seal(inner, in: slot), to: sa.path.destination)
      tunnel.countOut(bytes: inner.count)
    } catch {
      tunnel.drops.count(error)
    }
  }

  private func flush(path: ESPPath?, of tunnel: TunnelInterface) {
    guard let path, outgoing.count > 0 else { return }
    guard let uplink = uplinks[path.uplink] else {
      tunnel.refusedBySystem &+= UInt64(outgoing.count)
      return outgoing.removeAll()
    }
    tunnel.refusedBySystem &+= UInt64(outgoing.send(by: uplink.socket(for: path.encapsulation)))
  }

  // MARK: - A packet in

  private func carryIn(encapsulatedOn uplink: ESPUplink) throws(LinuxError) {
    for index in 0..<(try incoming.receive(from: uplink.encapsulated)) {
      let datagram = incoming.datagram(index)
      switch UDPEncapsulation.classify(UnsafeRawBufferPointer(datagram)) {
      case .keepalive: continue
      case .malformed: drops.count(.truncated)
      case .esp: deliver(0..<datagram.count, in: datagram)
      case .ike:
        guard let remote = incoming.source(index) else { continue }
        onIKEMessage(uplink, remote, UnsafeRawBufferPointer(rebasing: datagram[UDPEncapsulation.markerLength...]))
      }
    }
  }

  private func carryIn(plainOn uplink: ESPUplink) throws(LinuxError) {
    for index in 0..<(try incoming.receive(from: uplink.plain)) {
      let datagram = incoming.datagram(index)
      guard let start = startOfESP(UnsafeRawBufferPointer(datagram), family: uplink.address.family) else {
        drops.count(.truncated)
        continue
      }
      deliver(start..<datagram.count, in: datagram)
    }
  }

  /// Where ESP begins in what a raw socket gives: behind the IP header in IPv4 (raw(7)), at the start in IPv6 (RFC 3542
  /// section 3).
  private func startOfESP(_ datagram: UnsafeRawBufferPointer, family: IPAddress.Family) -> Int? {
    family == .v4 ? IPHeader(datagram)?.headerLength : 0
  }

  private func deliver(_ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) {
    let opened: (tunnel: Int, inner: Range<Int>)
    do throws(DropReason) {
      opened = try database.open(packet, in: buffer)
    } catch {
      return countDrop(error, of: packet, in: buffer)
    }
    guard let tunnel = tunnels[opened.tunnel] else { return }
    tunnel.countIn(bytes: opened.inner.count)
    if !tunnel.device.writePacket(UnsafeRawBufferPointer(rebasing: buffer[opened.inner])) {
      tunnel.refusedBySystem &+= 1
    }
  }

  /// Counts at the tunnel that the packet claims to belong to, if it exists.
  private func countDrop(_ reason: DropReason, of packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) {
    guard packet.count >= ESPPacketLayout.headerLength,
      let spi = ESPSPI(
        rawValue: UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: packet.lowerBound, as: UInt32.self))),
      let tunnel = database.tunnel(inboundSPI: spi).flatMap({ tunnels[$0] })
    else { return drops.count(reason) }
    tunnel.drops.count(reason)
  }
}
