import WireFormat

/// Cuts what a TUN device hands over into the packets that it stands for: one TCP or UDP packet of many segments, or one
/// packet whose checksum is not completed yet.
///
///     super-packet   │ IP TCP │ payload 0 │ payload 1 │ … │ rest │
///     packets        │ IP TCP │ payload 0 │   │ IP TCP │ payload 1 │   …   │ IP TCP │ rest │
///
/// The packets are those that the system would have made itself: identifications and sequence numbers go on, FIN and
/// PSH stand in the last, CWR in the first.
public struct Segmentation {
  private enum Shape {
    case single(checksum: (start: Int, field: Int)?)
    case several(TransportPacket, segmentSize: Int)
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
      guard header.needsChecksum, header.segmentSize > 0,
        let whole = TransportPacket(packet, header.segmentation == .udp ? .udp : .tcp, ipLength: start),
        header.segmentation == .udp || whole.isIPv4 == (header.segmentation == .tcpOverIPv4), !whole.payload.isEmpty
      else { return nil }
      shape = .several(whole, segmentSize: Int(header.segmentSize))
    }
  }

  /// The number of packets.
  public var count: Int {
    guard case .several(let whole, let size) = shape else { return 1 }
    return (whole.payload.count + size - 1) / size
  }

  /// DSCP and ECN, the same in all packets.
  public var trafficClass: UInt8 { TunnelTrafficClass.outer(around: UnsafeRawBufferPointer(packet)) }

  /// Whether the packets mean something on this one link only: those to multicast and link-local addresses (RFC 5771,
  /// RFC 3927, RFC 4291 section 2.4), such as a routing protocol's.
  public var isOfOneLink: Bool {
    switch packet.first.map({ $0 >> 4 }) {
    case 4 where packet.count >= 20: packet[16] >= 224 || packet[16] == 169 && packet[17] == 254
    case 6 where packet.count >= 40: packet[24] == 0xFF || packet[24] == 0xFE && packet[25] & 0xC0 == 0x80
    default: false
    }
  }

  /// The flow that the packets belong to.
  public var flow: FlowHash { FlowHash(UnsafeRawBufferPointer(packet)) }

  /// Whether the packets are of IPv6 and no longer than every link must carry that IPv6 uses (RFC 8200 section 5); their
  /// sender would not make them shorter.
  public var mustPass: Bool { packet.first.map { $0 >> 4 } == 6 && length(0) <= IPv6.minimumMTU }

  /// Length of packet `index` in bytes.
  public func length(_ index: Int) -> Int {
    guard case .several(let whole, let size) = shape else { return packet.count }
    return whole.headerLength + min(size, whole.payload.count - index * size)
  }

  /// Writes packet `index`, complete with its checksums, to `target`, which is exactly `length(index)` bytes.
  public func write(_ index: Int, to target: UnsafeMutableRawBufferPointer) {
    precondition(index >= 0 && index < count && target.count == length(index), "room for one of the packets")
    switch shape {
    case .single(let checksum):
      target.copyMemory(from: UnsafeRawBufferPointer(packet))
      if let checksum { Segmentation.complete(target, start: checksum.start, field: checksum.field) }
    case .several(let whole, let size):
      Segmentation.write(index, of: whole, segmentSize: size, isLast: index == count - 1, to: target)
    }
  }

  private static func write(
    _ index: Int, of whole: TransportPacket, segmentSize: Int, isLast: Bool, to target: UnsafeMutableRawBufferPointer
  ) {
    let headerLength = whole.headerLength
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole.bytes[..<headerLength]))
    let payload = whole.payload[(index * segmentSize)..<(index * segmentSize + target.count - headerLength)]
    UnsafeMutableRawBufferPointer(rebasing: target[headerLength...]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: payload))
    guard let segment = TransportPacket(target, whole.transport, ipLength: whole.ipLength) else { return }
    segment.setLength(target.count, identification: whole.identification &+ UInt16(truncatingIfNeeded: index))
    if whole.transport == .tcp {
      segment.setSequence(whole.sequence &+ UInt32(truncatingIfNeeded: index * segmentSize))
      segment.setFlags(flags(index, of: whole, isLast: isLast))
    }
    segment.completeChecksum()
  }

  /// RFC 9293 section 3.10.7.4 and RFC 3168 section 6.1.2: FIN and PSH close what was sent, CWR answers once.
  private static func flags(_ index: Int, of whole: TransportPacket, isLast: Bool) -> UInt8 {
    let onlyLast = isLast ? 0 : TransportPacket.fin | TransportPacket.psh
    let onlyFirst = index == 0 ? 0 : TransportPacket.cwr
    return whole.flags & ~(onlyLast | onlyFirst)
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
