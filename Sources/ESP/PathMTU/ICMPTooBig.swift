import WireFormat

/// What the sender of a packet is told that is larger than the tunnel carries (RFC 4301 section 8.2.1).
///
///     RFC 792, RFC 1191 section 4                       RFC 4443 section 3.2
///     +---------+---------+-------------------+         +---------+---------+-------------------+
///     | type 3  | code 4  |     checksum      |         | type 2  | code 0  |     checksum      |
///     +---------+---------+-------------------+         +---------+---------+-------------------+
///     |      unused       |   next-hop MTU    |         |                  MTU                  |
///     +-------------------+-------------------+         +---------------------------------------+
///     |  the packet, as much of it as fits    |         |  the packet, as much of it as fits    |
public enum ICMPTooBig {
  /// RFC 1812 section 4.3.2.3 and RFC 4443 section 2.4 (c): how long the whole answer may be.
  private static let longest = (v4: 576, v6: IPv6.minimumMTU)
  /// RFC 1812 section 4.3.2.5: precedence 6, internetwork control.
  private static let trafficClass: UInt8 = 0xC0

  /// The IP packet that answers `packet`, of which only `mtu` bytes would pass; nil where no answer may be sent.
  ///
  /// It comes from the address that the packet was for: that lies behind the tunnel, so the answer passes filters that ask
  /// whether an address may come from an interface, and an unnumbered tunnel interface has none of its own.
  public static func answer(to packet: UnsafeRawBufferPointer, mtu: Int) -> [UInt8]? {
    guard let header = IPHeader(packet), mayBeAnswered(packet, header) else { return nil }
    return header.source.family == .v4 ? v4(packet, header, mtu) : v6(packet, header, mtu)
  }

  /// RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e).
  private static func mayBeAnswered(_ packet: UnsafeRawBufferPointer, _ header: IPHeader) -> Bool {
    guard !header.isLaterFragment, header.source.isUnicast, header.destination.isUnicast else { return false }
    guard packet.count > header.headerLength else { return true }
    let type = packet[header.headerLength]
    switch header.ipProtocol {
    // No error answers an error: only echo and the like (RFC 792) may be quoted.
    case IPProtocolNumber.icmp: return [0, 8, 13, 14].contains(type)
    case IPProtocolNumber.icmpv6: return type >= 128
    default: return true
    }
  }

  private static func v4(_ packet: UnsafeRawBufferPointer, _ header: IPHeader, _ mtu: Int) -> [UInt8] {
    let quote = packet.prefix(min(header.totalLength, longest.v4 - 28))
    var message = ByteWriter()
    message.write([3, 4, 0, 0, 0, 0])
    message.write(UInt16(clamping: mtu))
    message.write(Array(quote))
    var sum = InternetChecksum()
    sum.add(message.bytes)
    message.overwrite(sum.value, at: 2)

    var answer = ByteWriter()
    answer.write([0x45, trafficClass])
    answer.write(UInt16(20 + message.count))
    answer.write([0, 0, 0, 0, 64, IPProtocolNumber.icmp, 0, 0])
    answer.write(header.destination.bytes)
    answer.write(header.source.bytes)
    var headerSum = InternetChecksum()
    headerSum.add(answer.bytes)
    answer.overwrite(headerSum.value, at: 10)
    answer.write(message.bytes)
    return answer.bytes
  }

  private static func v6(_ packet: UnsafeRawBufferPointer, _ header: IPHeader, _ mtu: Int) -> [UInt8] {
    let quote = packet.prefix(min(header.totalLength, longest.v6 - 48))
    var message = ByteWriter()
    message.write([2, 0, 0, 0])
    // RFC 8201 section 4: nobody makes packets shorter than this, so less must not be asked for.
    message.write(UInt32(clamping: max(mtu, IPv6.minimumMTU)))
    message.write(Array(quote))
    // RFC 4443 section 2.3: the pseudo-header of RFC 8200 section 8.1.
    var sum = InternetChecksum()
    sum.add(header.destination.bytes + header.source.bytes)
    sum.add(UInt16(clamping: message.count))
    sum.add(UInt16(IPProtocolNumber.icmpv6))
    sum.add(message.bytes)
    message.overwrite(sum.value, at: 2)

    var answer = ByteWriter()
    answer.write([0x60 | trafficClass >> 4, trafficClass << 4, 0, 0])
    answer.write(UInt16(clamping: message.count))
    answer.write([IPProtocolNumber.icmpv6, 64])
    answer.write(header.destination.bytes)
    answer.write(header.source.bytes)
    answer.write(message.bytes)
    return answer.bytes
  }
}

extension IPAddress {
  /// Whether it can be one host's: neither unspecified, nor multicast, nor broadcast.
  fileprivate var isUnicast: Bool {
    switch self {
    case .v4(let value): value >> 28 < 0xE && value != 0
    case .v6(let high, let low): high >> 56 != 0xFF && (high | low) != 0
    }
  }
}
