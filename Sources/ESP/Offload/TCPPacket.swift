import WireFormat

/// Where the headers of a whole TCP packet lie; the packet's bytes are the caller's.
struct TCPPacket {
  let bytes: UnsafeMutableRawBufferPointer
  let isIPv4: Bool
  /// Length of the IP header, and of its options or extension headers.
  let ipLength: Int
  /// Length of all headers.
  let headerLength: Int

  /// Offsets within the TCP header (RFC 9293 section 3.1).
  static let checksumOffset = 16
  private static let flagsOffset = 13
  static let fin: UInt8 = 0x01
  static let psh: UInt8 = 0x08
  static let ack: UInt8 = 0x10

  /// The packet that fills `bytes`, its TCP header at `ipLength`; nil if its headers are not all there.
  init?(_ bytes: UnsafeMutableRawBufferPointer, ipLength: Int) {
    guard let first = bytes.first, ipLength >= (first >> 4 == 4 ? 20 : 40), bytes.count >= ipLength + 20 else {
      return nil
    }
    let tcpLength = Int(bytes[ipLength + 12] >> 4) * 4
    guard tcpLength >= 20, ipLength + tcpLength <= bytes.count else { return nil }
    self.bytes = bytes
    self.isIPv4 = first >> 4 == 4
    self.ipLength = ipLength
    self.headerLength = ipLength + tcpLength
  }

  var payload: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[headerLength...]) }
  var identification: UInt16 { field(4) }
  var sequence: UInt32 { field(ipLength + 4) }
  var flags: UInt8 { bytes[ipLength + TCPPacket.flagsOffset] }

  func setSequence(_ value: UInt32) { setField(ipLength + 4, value) }
  func setFlags(_ value: UInt8) { bytes[ipLength + TCPPacket.flagsOffset] = value }

  /// Makes the IP header say `length` bytes in all and, for IPv4, this identification, and its checksum agree.
  func setIPLength(_ length: Int, identification: UInt16) {
    guard isIPv4 else { return setField(4, UInt16(truncatingIfNeeded: length - 40)) }
    setField(2, UInt16(truncatingIfNeeded: length))
    setField(4, identification)
    setField(10, UInt16(0))
    setField(10, ipChecksum)
  }

  /// 0 if the IPv4 header is intact.
  var ipChecksum: UInt16 {
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: bytes[..<ipLength]))
    return sum.value
  }

  /// The sum over the pseudo-header (RFC 9293 section 3.1) of a TCP segment of `length` bytes.
  func pseudoHeader(length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: isIPv4 ? bytes[12..<20] : bytes[8..<40]))
    sum.add(UInt16(IPProtocolNumber.tcp))
    sum.add(UInt16(truncatingIfNeeded: length))
    return sum
  }

  /// 0 if the checksum of header and payload is right.
  var checksum: UInt16 {
    var sum = pseudoHeader(length: bytes.count - ipLength)
    sum.add(UnsafeRawBufferPointer(rebasing: bytes[ipLength...]))
    return sum.value
  }

  func setChecksum(_ value: UInt16) { setField(ipLength + TCPPacket.checksumOffset, value) }

  func field<Value: FixedWidthInteger>(_ offset: Int) -> Value {
    Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  private func setField<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) {
    bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
