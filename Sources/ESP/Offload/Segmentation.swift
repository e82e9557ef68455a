import WireFormat

/// Cuts what a TUN device hands over into the packets that it stands for: one TCP packet of many segments, or one packet
/// whose checksum is not completed yet.
///
///     super-packet   │ IP TCP │ payload 0 │ payload 1 │ … │ rest │
///     packets        │ IP TCP │ payload 0 │   │ IP TCP │ payload 1 │   …   │ IP TCP │ rest │
///
/// The packets are those that the system would have made itself: identifications and sequence numbers go on, FIN and
/// PSH stand in the last.
public struct Segmentation {
  private enum Shape {
    case single(checksum: (start: Int, field: Int)?)
    case tcp(TCPPacket, segmentSize: Int)
  }

  private let packet: UnsafeMutableRawBufferPointer
  private let shape: Shape

  /// The packets in `packet`, which `header` describes; nil if the two contradict each other.
  public init?(_ packet: UnsafeMutableRawBufferPointer, _ header: VirtualNetworkHeader) {
    self.packet = packet
    let start = Int(header.checksumStart)
    if header.segmentation == .none {
      let field = start + Int(header.checksumOffset)
      guard !header.needsChecksum || (start <= packet.count && field + 2 <= packet.count) else { return nil }
      shape = .single(checksum: header.needsChecksum ? (start, field) : nil)
    } else {
      guard header.needsChecksum, header.segmentSize > 0, let tcp = TCPPacket(packet, ipLength: start),
        tcp.isIPv4 == (header.segmentation == .tcpOverIPv4), !tcp.payload.isEmpty
      else { return nil }
      shape = .tcp(tcp, segmentSize: Int(header.segmentSize))
    }
  }

  /// The number of packets.
  public var count: Int {
    guard case .tcp(let tcp, let size) = shape else { return 1 }
    return (tcp.payload.count + size - 1) / size
  }

  /// Length of packet `index` in bytes.
  public func length(_ index: Int) -> Int {
    guard case .tcp(let tcp, let size) = shape else { return packet.count }
    return tcp.headerLength + min(size, tcp.payload.count - index * size)
  }

  /// Writes packet `index`, complete with its checksums, to `target`, which is exactly `length(index)` bytes.
  public func write(_ index: Int, to target: UnsafeMutableRawBufferPointer) {
    precondition(index >= 0 && index < count && target.count == length(index), "room for one of the packets")
    switch shape {
    case .single(let checksum):
      target.copyMemory(from: UnsafeRawBufferPointer(packet))
      if let checksum { Segmentation.complete(target, start: checksum.start, field: checksum.field) }
    case .tcp(let tcp, let size):
      Segmentation.write(index, of: tcp, segmentSize: size, isLast: index == count - 1, to: target)
    }
  }

  private static func write(
    _ index: Int, of whole: TCPPacket, segmentSize: Int, isLast: Bool, to target: UnsafeMutableRawBufferPointer
  ) {
    let headerLength = whole.headerLength
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole.bytes[..<headerLength]))
    let payload = whole.payload[(index * segmentSize)..<(index * segmentSize + target.count - headerLength)]
    UnsafeMutableRawBufferPointer(rebasing: target[headerLength...]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: payload))
    guard let segment = TCPPacket(target, ipLength: whole.ipLength) else { return }
    segment.setIPLength(
      target.count, identification: whole.identification &+ UInt16(truncatingIfNeeded: index))
    segment.setSequence(whole.sequence &+ UInt32(truncatingIfNeeded: index * segmentSize))
    if !isLast { segment.setFlags(whole.flags & ~(TCPPacket.fin | TCPPacket.psh)) }
    segment.setChecksum(0)
    segment.setChecksum(segment.checksum)
  }

  /// Completes a checksum whose field holds the sum of the pseudo-header.
  private static func complete(_ packet: UnsafeMutableRawBufferPointer, start: Int, field: Int) {
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: packet[start...]))
    // RFC 768: a UDP checksum of zero says that there is none; the other zero of one's complement means the same sum.
    let value = sum.value == 0 ? 0xFFFF : sum.value
    packet.storeBytes(of: value.bigEndian, toByteOffset: field, as: UInt16.self)
  }
}
