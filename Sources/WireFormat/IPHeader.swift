/// IP protocol numbers that Fabric handles (IANA "Protocol Numbers").
public enum IPProtocolNumber {
  /// ICMP for IPv4.
  public static let icmp: UInt8 = 1
  /// IPv4 in IP: the next header of tunnel-mode ESP around IPv4 (RFC 4303 section 2.6).
  public static let ipv4: UInt8 = 4
  /// TCP.
  public static let tcp: UInt8 = 6
  /// UDP.
  public static let udp: UInt8 = 17
  /// IPv6 in IP: the next header of tunnel-mode ESP around IPv6.
  public static let ipv6: UInt8 = 41
  /// ESP (RFC 4303).
  public static let esp: UInt8 = 50
  /// ICMPv6.
  public static let icmpv6: UInt8 = 58
  /// No next header: in ESP, a dummy packet (RFC 4303 section 2.6).
  public static let none: UInt8 = 59
}

/// What RFC 8200 asks of links.
public enum IPv6 {
  /// The longest packet, in bytes, that every link carries, be it in pieces that are put together again below IPv6
  /// (RFC 8200 section 5).
  public static let minimumMTU = 1280
}

/// The fields of an IPv4 (RFC 791) or IPv6 (RFC 8200) header that Fabric looks at.
public struct IPHeader: Hashable, Sendable {
  /// Where the packet comes from.
  public let source: IPAddress
  /// Where the packet goes.
  public let destination: IPAddress
  /// IPv4's protocol or IPv6's first next header.
  public let ipProtocol: UInt8
  /// DSCP and ECN: IPv4's type of service, IPv6's traffic class.
  public let trafficClass: UInt8
  /// Length of the header in bytes: 20…60 for IPv4 with options, 40 for IPv6.
  public let headerLength: Int
  /// Length of the whole packet in bytes by its own header.
  public let totalLength: Int
  /// IPv4's don't-fragment flag; always true for IPv6.
  public let dontFragment: Bool
  /// Whether this is an IPv4 fragment other than the first, which has no transport header.
  public let isLaterFragment: Bool

  /// Reads the header at the start of `packet`; nil if it is no complete IPv4 or IPv6 header or claims more bytes than
  /// there are.
  public init?(_ packet: UnsafeRawBufferPointer) {
    guard let first = packet.first else { return nil }
    switch first >> 4 {
    case 4: self.init(v4: packet)
    case 6: self.init(v6: packet)
    default: return nil
    }
  }

  /// Reads the header at the start of `packet`.
  public init?(_ packet: [UInt8]) {
    guard let header = packet.withUnsafeBytes({ IPHeader($0) }) else { return nil }
    self = header
  }

  private init?(v4 packet: UnsafeRawBufferPointer) {
    guard packet.count >= 20 else { return nil }
    let headerLength = Int(packet[0] & 0x0F) * 4
    let totalLength = Int(IPHeader.uint16(packet, 2))
    guard headerLength >= 20, headerLength <= totalLength, totalLength <= packet.count else { return nil }
    let fragment = IPHeader.uint16(packet, 6)
    self.source = .v4(IPHeader.uint32(packet, 12))
    self.destination = .v4(IPHeader.uint32(packet, 16))
    self.ipProtocol = packet[9]
    self.trafficClass = packet[1]
    self.headerLength = headerLength
    self.totalLength = totalLength
    self.dontFragment = fragment & 0x4000 != 0
    self.isLaterFragment = fragment & 0x1FFF != 0
  }

  private init?(v6 packet: UnsafeRawBufferPointer) {
    guard packet.count >= 40 else { return nil }
    let totalLength = 40 + Int(IPHeader.uint16(packet, 4))
    guard totalLength <= packet.count else { return nil }
    self.source = IPHeader.v6(packet, 8)
    self.destination = IPHeader.v6(packet, 24)
    self.ipProtocol = packet[6]
    self.trafficClass = packet[0] << 4 | packet[1] >> 4
    self.headerLength = 40
    self.totalLength = totalLength
    self.dontFragment = true
    self.isLaterFragment = false
  }

  private static func uint16(_ packet: UnsafeRawBufferPointer, _ offset: Int) -> UInt16 {
    UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  private static func uint32(_ packet: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  private static func v6(_ packet: UnsafeRawBufferPointer, _ offset: Int) -> IPAddress {
    let high = UInt64(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    let low = UInt64(bigEndian: packet.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
    return .v6(high: high, low: low)
  }
}
