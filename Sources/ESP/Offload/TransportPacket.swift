import WireFormat

/// Where the headers of a whole TCP or UDP packet lie; the packet's bytes are the caller's.
struct TransportPacket {
  /// The protocols of which a packet can stand for several.
  enum Transport {
    case tcp
    case udp

    var number: UInt8 { self == .tcp ? IPProtocolNumber.tcp : IPProtocolNumber.udp }
    /// Shortest header (RFC 9293 section 3.1, RFC 768).
    var headerLength: Int { self == .tcp ? 20 : 8 }
    /// Where, from the header's start, the checksum lies.
    var checksumOffset: Int { self == .tcp ? 16 : 6 }
  }

  let bytes: UnsafeMutableRawBufferPointer
  let transport: Transport
  let isIPv4: Bool
  /// Length of the IP header, and of its options or extension headers.
  let ipLength: Int
  /// Length of all headers.
  let headerLength: Int

  /// TCP's flags (RFC 9293 section 3.1).
  static let fin: UInt8 = 0x01
  static let psh: UInt8 = 0x08
  static let ack: UInt8 = 0x10
  static let cwr: UInt8 = 0x80
  private static let flagsOffset = 13

  /// The packet that fills `bytes`, its transport header at `ipLength`; nil if its headers are not all there.
  init?(_ bytes: UnsafeMutableRawBufferPointer, _ transport: Transport, ipLength: Int) {
    guard let first = bytes.first, ipLength >= (first >> 4 == 4 ? 20 : 40),
      bytes.count >= ipLength + transport.headerLength
    else { return nil }
    let transportLength = transport == .tcp ? Int(bytes[ipLength + 12] >> 4) * 4 : transport.headerLength
    guard transportLength >= transport.headerLength, ipLength + transportLength <= bytes.count else { return nil }
    self.bytes = bytes
    self.transport = transport
    self.isIPv4 = first >> 4 == 4
    self.ipLength = ipLength
    self.headerLength = ipLength + transportLength
  }

  var payload: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[headerLength...]) }
  var identification: UInt16 { field(4) }
  /// TCP's sequence number.
  var sequence: UInt32 { field(ipLength + 4) }
  /// TCP's flags.
  var flags: UInt8 { bytes[ipLength + TransportPacket.flagsOffset] }

  /// UDP's own length field.
  var udpLength: Int { Int(field(ipLength + 4) as UInt16) }

  func setSequence(_ value: UInt32) { setField(ipLength + 4, value) }
  func setFlags(_ value: UInt8) { bytes[ipLength + TransportPacket.flagsOffset] = value }

  /// Makes the headers say `length` bytes in all and, for IPv4, this identification, and IPv4's checksum agree.
  func setLength(_ length: Int, identification: UInt16) {
    if transport == .udp { setField(ipLength + 4, UInt16(truncatingIfNeeded: length - ipLength)) }
    guard isIPv4 else { return setField(4, UInt16(truncatingIfNeeded: length - 40)) }
    setField(2, UInt16(truncatingIfNeeded: length))
    setField(4, identification)
    setField(10, UInt16(0))
    setField(10, ipChecksum)
  }

  /// Whether IPv4's checksum is what a sender computes: of one's complement's two zeros, the one without bits.
  var hasExactIPChecksum: Bool { ipChecksum == 0 && field(10) as UInt16 != 0xFFFF }

  private var ipChecksum: UInt16 {
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: bytes[..<ipLength]))
    return sum.value
  }

  /// The sum over the pseudo-header (RFC 9293 section 3.1, RFC 768) of `length` bytes from the transport header on.
  func pseudoHeader(length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: isIPv4 ? bytes[12..<20] : bytes[8..<40]))
    sum.add(UInt16(transport.number))
    sum.add(UInt16(truncatingIfNeeded: length))
    return sum
  }

  /// Whether the checksum of header and payload is what a sender computes; for UDP, 0 says that there is none, and the
  /// other zero is written instead (RFC 768).
  var hasExactChecksum: Bool {
    checksum == 0 && checksumField != (transport == .udp ? 0 : 0xFFFF)
  }

  private var checksumField: UInt16 { field(ipLength + transport.checksumOffset) }

  /// The checksum over pseudo-header, header and payload.
  private var checksum: UInt16 {
    var sum = pseudoHeader(length: bytes.count - ipLength)
    sum.add(UnsafeRawBufferPointer(rebasing: bytes[ipLength...]))
    return sum.value
  }

  func setChecksumField(_ value: UInt16) { setField(ipLength + transport.checksumOffset, value) }

  /// Computes the checksum anew.
  func completeChecksum() {
    setChecksumField(0)
    let value = checksum
    // RFC 768: the zero that says "none" is written as the other zero of one's complement.
    setChecksumField(transport == .udp && value == 0 ? 0xFFFF : value)
  }

  private func field<Value: FixedWidthInteger>(_ offset: Int) -> Value {
    Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  private func setField<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) {
    bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
