import ESP
import LinuxNetworking
import WireFormat

/// The way of a packet out: TUN read ─► segments ─► seal ─► one send for each train of them.
///
/// What one read brings stands for up to 64 KiB of one TCP flow. Its packets are written one behind the other where they
/// are to be sealed, so that those of one size leave as one train:
///
///     read     │ IP TCP │ payload 0 │ payload 1 │ …
///     slot     │ ESP │ IP TCP │ payload 0 │ ICV │ ESP │ IP TCP │ payload 1 │ ICV │ …
final class OutboundPath {
  /// Where the packets of one turn go.
  private struct Way {
    let tunnel: TunnelInterface
    let sa: OutboundSA
    let uplink: ESPUplink
    /// Whether the network may cut the packets, and they leave one by one.
    var allowsCutting = false
  }

  private let batch = DatagramBatch(slotSize: DataPath.slotSize)
  private let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TUNDevice.maximumRead, alignment: 64)
  /// A packet that must be looked at as a whole before it is sent in pieces, or not at all.
  private let wholePacket = UnsafeMutableRawBufferPointer.allocate(byteCount: TUNDevice.maximumRead, alignment: 64)

  /// Packets that one tunnel may send before the others have their turn; a read is not split for it.
  private static let packetsPerTurn = 128

  deinit {
    readBuffer.deallocate()
    wholePacket.deallocate()
  }

  /// Carries what is waiting at a tunnel's device, up to the tunnel's turn. Throws if the device cannot be read.
  func carry(from tunnel: TunnelInterface, with sa: OutboundSA?, to uplinks: [String: ESPUplink]) throws(LinuxError) {
    let way = sa.flatMap { sa in uplinks[sa.path.uplink].map { Way(tunnel: tunnel, sa: sa, uplink: $0) } }
    var carried = 0
    while carried < OutboundPath.packetsPerTurn, let length = try tunnel.device.read(into: readBuffer) {
      guard let packets = packets(ofRead: length) else {
        tunnel.drops.count(.malformedInnerPacket)
        carried += 1
        continue
      }
      carried += packets.count
      if let way {
        seal(packets, on: way)
      } else if sa == nil {
        // DESIGN.md section 5, invariant 2: no SA means drop.
        tunnel.drops.count(.noOutboundSA)
      } else {
        tunnel.refusedBySystem &+= UInt64(packets.count)
      }
    }
    if let way { flush(way) }
  }

  /// Sends a dummy packet with `length` bytes inside, which `write` writes.
  func sendDummy(
    length: Int, trafficClass: UInt8 = 0, with sa: OutboundSA, to uplinks: [String: ESPUplink],
    _ write: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    guard let uplink = uplinks[sa.path.uplink] else { return }
    let slot = batch.slot(0)
    let inner = ESPPacketLayout.headroom..<(ESPPacketLayout.headroom + length)
    guard inner.upperBound <= slot.count else { return }
    write(UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
    guard let sealed = try? sa.sealDummy(inner, in: slot) else { return }
    batch.append(sealed, to: sa.path.destination, trafficClass: trafficClass)
    // A probe that is too big for the first link is not answered, which is what it asks.
    _ = batch.send(by: uplink.socket(for: sa.path.encapsulation))
  }

  private func packets(ofRead length: Int) -> Segmentation? {
    guard let header = VirtualNetworkHeader(UnsafeRawBufferPointer(rebasing: readBuffer[..<length])) else { return nil }
    return Segmentation(
      UnsafeMutableRawBufferPointer(rebasing: readBuffer[VirtualNetworkHeader.length..<length]), header)
  }

  private func seal(_ packets: Segmentation, on way: Way) {
    if packets.length(0) > way.tunnel.innerMTU { return sealInFragments(packets, on: way) }
    for index in 0..<packets.count {
      seal(length: packets.length(index), trafficClass: packets.trafficClass, on: way) { target in
        packets.write(index, to: target)
        if packets.count == 1 { MaximumSegmentSize.clamp(target, toMTU: way.tunnel.innerMTU) }
      }
    }
  }

  /// RFC 4301 section 8.2: what is larger than the path carries is cut before it is sealed, if its sender allows it; else
  /// the sender is told.
  private func sealInFragments(_ packets: Segmentation, on way: Way) {
    if packets.mustPass { return sealAllowingCutting(packets, on: way) }
    let packet = UnsafeMutableRawBufferPointer(rebasing: wholePacket[..<packets.length(0)])
    packets.write(0, to: packet)
    let whole = UnsafeRawBufferPointer(packet)
    guard packets.count == 1, let fragments = Fragmentation(whole, mtu: way.tunnel.innerMTU) else {
      way.tunnel.drops.count(.tooBig, times: packets.count)
      return way.tunnel.answerTooBig(whole)
    }
    for index in 0..<fragments.count {
      seal(length: fragments.length(index), trafficClass: packets.trafficClass, on: way) {
        fragments.write(index, to: $0)
      }
    }
  }

  /// A link that carries IPv6 carries 1,280 bytes, and one that cannot does so in pieces (RFC 8200 section 5): the outer
  /// packet is what can be cut (RFC 2473 section 7.1 (b)).
  private func sealAllowingCutting(_ packets: Segmentation, on way: Way) {
    flush(way)
    var way = way
    way.allowsCutting = true
    for index in 0..<packets.count {
      seal(length: packets.length(index), trafficClass: packets.trafficClass, on: way) { packets.write(index, to: $0) }
    }
    flush(way)
  }

  /// Seals one packet, which `write` writes where it is to be sealed.
  private func seal(
    length: Int, trafficClass: UInt8, on way: Way, _ write: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    let (sa, uplink) = (way.sa, way.uplink)
    let sealedLength = sa.layout.packetLength(innerLength: length)
    let joint =
      uplink.sendsTrains(sa.path.encapsulation) && !way.allowsCutting
      ? batch.trainEnd(forDatagramOf: sealedLength, trafficClass: trafficClass) : nil
    if joint == nil, batch.isFull || batch.endsInLongTrain { flush(way) }
    let slot = batch.slot(joint == nil ? batch.count : batch.count - 1)
    let start = (joint ?? 0) + sa.layout.prefixLength
    let inner = start..<(start + length)
    guard inner.upperBound <= slot.count else { return way.tunnel.drops.count(.noRoom) }
    write(UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
    do throws(DropReason) {
      let sealed = try sa.sealLater(inner, in: slot)
      if joint == nil {
        batch.append(sealed, to: sa.path.destination, trafficClass: trafficClass)
      } else {
        batch.extendTrain(by: sealed.count)
      }
      way.tunnel.countOut(bytes: length)
    } catch {
      way.tunnel.drops.count(error)
    }
  }

  private func flush(_ way: Way) {
    guard batch.count > 0 else { return }
    guard way.sa.finishSealing() else {
      // DESIGN.md section 5, invariant 2: what is not sealed does not leave.
      way.tunnel.drops.count(.cipherFailure, times: batch.count)
      return batch.removeAll()
    }
    way.uplink.countSent(bytes: batch.footprint)
    let socket = way.uplink.socket(for: way.sa.path.encapsulation)
    let outcome = way.allowsCutting ? socket.allowingFragmentation { batch.send(by: socket) } : batch.send(by: socket)
    if outcome.areTrainsRefused { way.uplink.stopSendingTrains() }
    way.tunnel.refusedBySystem &+= UInt64(outcome.refused)
    way.tunnel.drops.count(.tooBig, times: outcome.tooBig)
  }
}
