import WireFormat

/// Which piece of a message an SKF payload holds (RFC 7383 section 2.5); what follows is sealed as in an SK payload.
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Next Payload  |C|  RESERVED   |         Payload Length        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |        Fragment Number        |        Total Fragments        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                     Initialization Vector                     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                      Encrypted content                        ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~             Padding, Pad Length, Integrity Checksum           ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct FragmentPosition: Hashable {
  /// What stands in front of the IV: the IKE header, the generic payload header and the position.
  static let prefixLength = IKEHeader.length + PayloadChain.headerLength + 4

  /// Counted from 1.
  let number: UInt16
  let total: UInt16

  init(_ number: UInt16, of total: UInt16) {
    self.number = number
    self.total = total
  }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    number = try reader.readUInt16()
    total = try reader.readUInt16()
    // RFC 7383 section 2.5: neither is zero, and no fragment comes after the last.
    guard number > 0, number <= total else { throw .invalid(field: "fragment number") }
  }

  func write(to writer: inout ByteWriter) {
    writer.write(number)
    writer.write(total)
  }
}
