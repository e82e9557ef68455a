import WireFormat

/// An attribute of a transform (RFC 7296 section 3.3.5).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |A|       Attribute Type        |    AF=0  Attribute Length     |
/// |F|                             |    AF=1  Attribute Value      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                   AF=0  Attribute Value                       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
enum TransformAttribute: Hashable {
  /// Key Length in bits, the only attribute that there is.
  case keyLength(UInt16)
  /// An attribute of a type that Fabric does not know.
  case unknown

  /// Bytes of an attribute in the short form.
  static let length = 4
  /// Attribute type 14 with the AF bit: the value follows in two bytes.
  private static let shortKeyLength: UInt16 = 0x8000 | 14

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    let type = try reader.readUInt16()
    let valueOrLength = try reader.readUInt16()
    if type == TransformAttribute.shortKeyLength {
      self = .keyLength(valueOrLength)
    } else {
      if type & 0x8000 == 0 { try reader.skip(Int(valueOrLength)) }
      self = .unknown
    }
  }

  static func writeKeyLength(_ bits: UInt16, to writer: inout ByteWriter) {
    writer.write(shortKeyLength)
    writer.write(bits)
  }
}
