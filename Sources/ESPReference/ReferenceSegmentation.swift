import WireFormat

/// Cuts what a TUN device moves at one go into the packets that it stands for, on arrays and field by field.
package enum ReferenceSegmentation {
  /// The packets in `packet`, which `header` describes and which is well formed.
  package static func cut(_ packet: [UInt8], _ header: VirtualNetworkHeader) -> [[UInt8]] {
    guard header.segmentation != .none else {
      return [header.needsChecksum ? completed(packet, Int(header.checksumStart), Int(header.checksumOffset)) : packet]
    }
    let start = Int(header.checksumStart)
    let isTCP = header.segmentation != .udp
    let payloadStart = start + (isTCP ? Int(packet[start + 12] >> 4) * 4 : 8)
    let payload = Array(packet[payloadStart...])
    let size = Int(header.segmentSize)
    let count = (payload.count + size - 1) / size
    return (0..<count).map { index in
      var segment = Array(packet[..<payloadStart]) + payload[(index * size)..<min((index + 1) * size, payload.count)]
      if isTCP {
        let sequence = number(packet, start + 4, 4) &+ UInt32(index * size)
        set(&segment, start + 4, 4, sequence)
        // FIN and PSH stand in the last, CWR in the first.
        if index < count - 1 { segment[start + 13] &= ~0x09 }
        if index > 0 { segment[start + 13] &= ~0x80 }
      } else {
        set(&segment, start + 4, 2, UInt32(segment.count - start))
      }
      finish(&segment, start, index, checksumAt: start + (isTCP ? 16 : 6))
      return segment
    }
  }

  /// Lengths, identification and checksums.
  private static func finish(_ packet: inout [UInt8], _ start: Int, _ index: Int, checksumAt field: Int) {
    let isIPv4 = packet[0] >> 4 == 4
    if isIPv4 {
      set(&packet, 2, 2, UInt32(packet.count))
      set(&packet, 4, 2, number(packet, 4, 2) &+ UInt32(index))
      set(&packet, 10, 2, 0)
      set(&packet, 10, 2, UInt32(~sum(packet[..<start])))
    } else {
      set(&packet, 4, 2, UInt32(packet.count - 40))
    }
    let addresses = packet[(isIPv4 ? 12 : 8)..<(isIPv4 ? 20 : 40)]
    let length = packet.count - start
    let isUDP = field == start + 6
    let pseudoHeader = Array(addresses) + [0, isUDP ? 17 : 6, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
    set(&packet, field, 2, 0)
    let checksum = ~sum(pseudoHeader[...] + packet[start...])
    // RFC 768: zero says that there is no checksum.
    set(&packet, field, 2, UInt32(isUDP && checksum == 0 ? 0xFFFF : checksum))
  }

  /// A checksum whose field holds the sum of the pseudo-header.
  private static func completed(_ packet: [UInt8], _ start: Int, _ offset: Int) -> [UInt8] {
    var packet = packet
    let checksum = ~sum(packet[start...])
    set(&packet, start + offset, 2, UInt32(checksum == 0 ? 0xFFFF : checksum))
    return packet
  }

  /// The one's complement sum of 16-bit words (RFC 1071).
  private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte)
      if sum > 0xFFFF { sum -= 0xFFFF }
    }
    return UInt16(sum)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> UInt32 {
    bytes[offset..<(offset + length)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func set(_ bytes: inout [UInt8], _ offset: Int, _ length: Int, _ value: UInt32) {
    for index in 0..<length { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * (length - 1 - index))) }
  }
}
