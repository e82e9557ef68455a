import FabricCrypto
import WireFormat

/// KE: a public value of a key exchange (RFC 7296 section 3.4).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |   Diffie-Hellman Group Num    |           RESERVED            |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                       Key Exchange Data                       ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct KeyExchangePayload: Hashable {
  /// The transform id of the method, which Fabric may not speak.
  let method: UInt16
  let publicValue: [UInt8]

  init(method: KeyExchangeMethod, publicValue: [UInt8]) {
    self.method = method.rawValue
    self.publicValue = publicValue
  }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.method = try reader.readUInt16()
    try reader.skip(2)
    self.publicValue = Array(reader.readRemaining())
  }

  func write(to writer: inout ByteWriter) {
    writer.write(method)
    writer.write(UInt16(0))
    writer.write(publicValue)
  }
}
