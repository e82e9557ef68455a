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
  private let batch = DatagramBatch(slotSize: DataPath.slotSize)
  private let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TUNDevice.maximumRead, alignment: 64)

  /// Packets that one tunnel may send before the others have their turn; a read is not split for it.
  private static let packetsPerTurn = 128

  deinit { readBuffer.deallocate() }

  /// Carries what is waiting at a tunnel's device, up to the tunnel's turn. Throws if the device cannot be read.
  func carry(from tunnel: TunnelInterface, with sa: OutboundSA?, to uplinks: [String: ESPUplink]) throws(LinuxError) {
    let uplink = sa.flatMap { uplinks[$0.path.uplink] }
    var carried = 0
    while carried < OutboundPath.packetsPerTurn, let length = try tunnel.device.read(into: readBuffer) {
      guard let packets = packets(ofRead: length) else {
        tunnel.drops.count(.malformedInnerPacket)
        carried += 1
        continue
      }
      carried += packets.count
      // DESIGN.md section 5, invariant 2: no SA means drop.
      guard let sa else {
        tunnel.drops.count(.noOutboundSA)
        continue
      }
      guard let uplink else {
        tunnel.refusedBySystem &+= UInt64(packets.count)
        continue
      }
      for index in 0..<packets.count { seal(index, of: packets, from: tunnel, with: sa, to: uplink) }
    }
    if let sa, let uplink { flush(from: tunnel, with: sa, to: uplink) }
  }

  private func packets(ofRead length: Int) -> Segmentation? {
    guard let header = VirtualNetworkHeader(UnsafeRawBufferPointer(rebasing: readBuffer[..<length])) else { return nil }
    return Segmentation(
      UnsafeMutableRawBufferPointer(rebasing: readBuffer[VirtualNetworkHeader.length..<length]), header)
  }

  private func seal(
    _ index: Int, of packets: Segmentation, from tunnel: TunnelInterface, with sa: OutboundSA, to uplink: ESPUplink
  ) {
    let innerLength = packets.length(index)
    let sealedLength = sa.layout.packetLength(innerLength: innerLength)
    let joint = uplink.sendsTrains(sa.path.encapsulation) ? batch.trainEnd(forDatagramOf: sealedLength) : nil
    if joint == nil, batch.isFull { flush(from: tunnel, with: sa, to: uplink) }
    let slot = batch.slot(joint == nil ? batch.count : batch.count - 1)
    let start = (joint ?? 0) + sa.layout.prefixLength
    let inner = start..<(start + innerLength)
    guard inner.upperBound <= slot.count else { return tunnel.drops.count(.noRoom) }
    packets.write(index, to: UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
    do throws(DropReason) {
      let sealed = try sa.seal(inner, in: slot)
      if joint == nil { batch.append(sealed, to: sa.path.destination) } else { batch.extendTrain(by: sealed.count) }
      tunnel.countOut(bytes: innerLength)
    } catch {
      tunnel.drops.count(error)
    }
  }

  private func flush(from tunnel: TunnelInterface, with sa: OutboundSA, to uplink: ESPUplink) {
    guard batch.count > 0 else { return }
    let refused = batch.send(by: uplink.socket(for: sa.path.encapsulation), trainsRefused: uplink.stopSendingTrains)
    tunnel.refusedBySystem &+= UInt64(refused)
  }
}
