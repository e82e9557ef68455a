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
///
/// Where tunnels to one site share its flows, or a class of traffic has tunnels of its own, a flow leaves by the tunnel that it
/// falls to, whichever the system has chosen.
/// Packets of a class that is duplicated leave by two tunnels, numbered, and their peer takes the copy that comes first.
final class OutboundPath {
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

  /// Carries what is waiting at a tunnel's device, up to the tunnel's turn, by the tunnel or by others to the same `peer`.
  /// Throws if the device cannot be read.
  func carry(from tunnel: TunnelInterface, to peer: PeerSite? = nil, by ways: OutboundWays) throws(LinuxError) {
    var way = ways.way(of: tunnel)
    let mayDivert = peer?.diverts(tunnel) == true
    var carried = 0
    while carried < OutboundPath.packetsPerTurn, let length = try tunnel.device.read(into: readBuffer) {
      guard let packets = packets(ofRead: length) else {
        tunnel.drops.count(.malformedInnerPacket)
        carried += 1
        continue
      }
      carried += packets.count
      if let peer, tunnel.duplicates(packets.trafficClass) {
        flush(way)
        replicate(packets, from: tunnel, to: peer, by: ways)
        continue
      }
      if mayDivert, let other = peer?.tunnel(for: packets, routedInto: tunnel), other !== way?.tunnel {
        flush(way)
        way = ways.way(of: other) ?? ways.way(of: tunnel)
      }
      if let way { seal(packets, on: way) } else { drop(packets, from: tunnel, ways) }
    }
    flush(way)
  }

  /// There is no way: DESIGN.md section 5, invariant 2: no SA means drop.
  private func drop(_ packets: Segmentation, from tunnel: TunnelInterface, _ ways: OutboundWays) {
    if ways.database.outbound(tunnel: tunnel.number) == nil {
      tunnel.drops.count(.noOutboundSA)
    } else {
      tunnel.refusedBySystem &+= UInt64(packets.count)
    }
  }

  /// Sends packets twice, by two tunnels whose lines are different ones (RFC 8655 section 3.2.2.2: packet replication).
  private func replicate(
    _ packets: Segmentation, from tunnel: TunnelInterface, to peer: PeerSite, by ways: OutboundWays
  ) {
    let copies = peer.ways(ofCopiesFor: tunnel, among: ways)
    guard let mtu = copies.map(\.mtu).min() else { return drop(packets, from: tunnel, ways) }
    var sealed = 0
    for var way in copies {
      if copies.count > 1 {
        way.mtu = mtu - ReplicaHeader.length
        way.replication = peer.generation
      }
      sealed = seal(packets, on: way)
      flush(way)
      // What is too big for one of them is too big for both, and its sender has been told.
      if sealed == 0 { return }
    }
    guard copies.count > 1 else { return }
    peer.generation.advance(by: sealed)
    tunnel.countDuplicated(packets: sealed)
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

  /// Seals packets, and returns as how many.
  @discardableResult
  private func seal(_ packets: Segmentation, on way: OutboundWay) -> Int {
    if packets.length(0) > way.mtu { return sealInFragments(packets, on: way) }
    for index in 0..<packets.count {
      seal(index, length: packets.length(index), trafficClass: packets.trafficClass, on: way) { target in
        packets.write(index, to: target)
        if packets.count == 1 { MaximumSegmentSize.clamp(target, toMTU: way.mtu) }
      }
    }
    return packets.count
  }

  /// RFC 4301 section 8.2: what is larger than the path carries is cut before it is sealed, if its sender allows it; else
  /// the sender is told.
  private func sealInFragments(_ packets: Segmentation, on way: OutboundWay) -> Int {
    if packets.mustPass { return sealAllowingCutting(packets, on: way) }
    let packet = UnsafeMutableRawBufferPointer(rebasing: wholePacket[..<packets.length(0)])
    packets.write(0, to: packet)
    let whole = UnsafeRawBufferPointer(packet)
    guard packets.count == 1, let fragments = Fragmentation(whole, mtu: way.mtu) else {
      way.tunnel.drops.count(.tooBig, times: packets.count)
      way.tunnel.answerTooBig(whole, mtu: way.mtu)
      return 0
    }
    for index in 0..<fragments.count {
      seal(index, length: fragments.length(index), trafficClass: packets.trafficClass, on: way) {
        fragments.write(index, to: $0)
      }
    }
    return fragments.count
  }

  /// A link that carries IPv6 carries 1,280 bytes, and one that cannot does so in pieces (RFC 8200 section 5): the outer
  /// packet is what can be cut (RFC 2473 section 7.1 (b)).
  private func sealAllowingCutting(_ packets: Segmentation, on way: OutboundWay) -> Int {
    flush(way)
    var way = way
    way.allowsCutting = true
    for index in 0..<packets.count {
      seal(index, length: packets.length(index), trafficClass: packets.trafficClass, on: way) {
        packets.write(index, to: $0)
      }
    }
    flush(way)
    return packets.count
  }

  /// Seals the packet at `index` of those that belong together; `write` writes it where it is to be sealed.
  private func seal(
    _ index: Int, length: Int, trafficClass: UInt8, on way: OutboundWay,
    _ write: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    let (sa, uplink) = (way.sa, way.uplink)
    let header = way.replication?.header(index)
    let headerLength = header == nil ? 0 : ReplicaHeader.length
    let sealedLength = sa.layout.packetLength(innerLength: headerLength + length)
    let joint =
      uplink.sendsTrains(sa.path.encapsulation) && !way.allowsCutting
      ? batch.trainEnd(forDatagramOf: sealedLength, trafficClass: trafficClass) : nil
    if joint == nil, batch.isFull || batch.endsInLongTrain { flush(way) }
    let slot = batch.slot(joint == nil ? batch.count : batch.count - 1)
    let start = (joint ?? 0) + sa.layout.prefixLength + headerLength
    let inner = start..<(start + length)
    guard inner.upperBound <= slot.count else { return way.tunnel.drops.count(.noRoom) }
    write(UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
    do throws(DropReason) {
      let sealed =
        if let header { try sa.sealLater(inner, behind: header, in: slot) } else { try sa.sealLater(inner, in: slot) }
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

  private func flush(_ way: OutboundWay?) {
    guard let way, batch.count > 0 else { return }
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
