import WireFormat

/// An IP packet inside a tunnel: as much of it as every packet must show, its family and its length. Addresses and the
/// rest are read only where the traffic selectors ask.
struct InnerPacket {
  /// The packet, without what may lie behind it.
  let bytes: UnsafeRawBufferPointer
  let family: IPAddress.Family

  /// The packet at the start of `bytes`; nil if that is no complete IPv4 or IPv6 packet.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count >= 20 else { return nil }
    func field(_ offset: Int) -> Int {
      Int(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }
    let first = start.load(as: UInt8.self)
    let headerLength, length: Int
    switch first >> 4 {
    case 4:
      (family, headerLength, length) = (.v4, Int(first & 0x0F) * 4, field(2))
      guard headerLength >= 20 else { return nil }
    case 6: (family, headerLength, length) = (.v6, 40, 40 + field(4))
    default: return nil
    }
    guard headerLength <= length, length <= bytes.count else { return nil }
    self.bytes = UnsafeRawBufferPointer(start: start, count: length)
  }

  /// Its number as ESP's next header (RFC 4303 section 2.6).
  var nextHeader: UInt8 { family == .v4 ? IPProtocolNumber.ipv4 : IPProtocolNumber.ipv6 }
}
