import WireFormat

/// Lowers the maximum segment size that the two ends of a TCP connection tell each other (RFC 9293 section 3.7.1) to what
/// the tunnel carries in one packet, so that their first full segment passes even where ICMP does not.
///
///     +--------+--------+---------+--------+
///     |00000010|00000100|   max seg size   |   the option, on SYN segments only
///     +--------+--------+---------+--------+
public enum MaximumSegmentSize {
  private static let syn: UInt8 = 0x02
  private static let tcpHeaderLength = 20
  private static let option = (end: UInt8(0), none: UInt8(1), maximumSegmentSize: UInt8(2))

  /// Changes `packet`, its checksum included, if it is a TCP SYN that promises more than packets of `mtu` bytes hold.
  public static func clamp(_ packet: UnsafeMutableRawBufferPointer, toMTU mtu: Int) {
    guard let tcp = startOfSYN(packet), let field = optionField(packet, tcp) else { return }
    let ipLength = packet[0] >> 4 == 4 ? 20 : 40
    let largest = UInt16(clamping: max(0, mtu - ipLength - tcpHeaderLength))
    let old = uint16(packet, field)
    guard old > largest else { return }
    packet.storeBytes(of: largest.bigEndian, toByteOffset: field, as: UInt16.self)
    let checksum = tcp + 16
    // An option may begin at an odd place: then its bytes are halves of two of the checksum's words.
    let isOdd = !(field - tcp).isMultiple(of: 2)
    let corrected = InternetChecksum.corrected(
      uint16(packet, checksum), replacing: isOdd ? old.byteSwapped : old,
      with: isOdd ? largest.byteSwapped : largest)
    packet.storeBytes(of: corrected.bigEndian, toByteOffset: checksum, as: UInt16.self)
  }

  /// Where the TCP header lies, if the packet has one whole and is a SYN.
  private static func startOfSYN(_ packet: UnsafeMutableRawBufferPointer) -> Int? {
    guard packet.count >= 40 else { return nil }
    let start: Int
    switch packet[0] >> 4 {
    case 4:
      guard packet[9] == IPProtocolNumber.tcp, uint16(packet, 6) & 0x1FFF == 0 else { return nil }
      start = Int(packet[0] & 0x0F) * 4
    case 6:
      guard packet[6] == IPProtocolNumber.tcp else { return nil }
      start = 40
    default: return nil
    }
    guard start >= 20, packet.count >= start + tcpHeaderLength, packet[start + 13] & syn != 0 else { return nil }
    return start
  }

  /// Where the option's value lies.
  private static func optionField(_ packet: UnsafeMutableRawBufferPointer, _ tcp: Int) -> Int? {
    let end = min(packet.count, tcp + Int(packet[tcp + 12] >> 4) * 4)
    var index = tcp + tcpHeaderLength
    while index < end, packet[index] != option.end {
      if packet[index] == option.none {
        index += 1
        continue
      }
      guard index + 1 < end else { return nil }
      let length = Int(packet[index + 1])
      guard length >= 2, index + length <= end else { return nil }
      if packet[index] == option.maximumSegmentSize { return length == 4 ? index + 2 : nil }
      index += length
    }
    return nil
  }

  private static func uint16(_ packet: UnsafeMutableRawBufferPointer, _ offset: Int) -> UInt16 {
    UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
}
