import WireFormat

/// AUTH: the proof of an identity (RFC 7296 section 3.8).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Auth Method   |                RESERVED                       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                      Authentication Data                      ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct AuthenticationPayload: Hashable {
  /// Shared Key Message Integrity Code.
  static let sharedKey: UInt8 = 2
  /// Digital Signature (RFC 7427 section 3).
  static let digitalSignature: UInt8 = 14

  let method: UInt8
  let data: [UInt8]

  init(method: UInt8, data: [UInt8]) {
    self.method = method
    self.data = data
  }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.method = try reader.readUInt8()
    try reader.skip(3)
    self.data = Array(reader.readRemaining())
  }

  func write(to writer: inout ByteWriter) {
    writer.write(method)
    writer.write(repeating: 0, count: 3)
    writer.write(data)
  }
}
