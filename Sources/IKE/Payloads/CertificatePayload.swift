import WireFormat

/// CERT: a certificate (RFC 7296 section 3.6).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Cert Encoding |                                               |
/// +-+-+-+-+-+-+-+-+                                               |
/// ~                       Certificate Data                        ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct CertificatePayload: Hashable {
  /// X.509 Certificate - Signature: one certificate in DER.
  static let x509Signature: UInt8 = 4

  let encoding: UInt8
  let data: [UInt8]

  init(encoding: UInt8, data: [UInt8]) {
    self.encoding = encoding
    self.data = data
  }

  /// A certificate in DER.
  init(x509 certificate: [UInt8]) { self.init(encoding: CertificatePayload.x509Signature, data: certificate) }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.encoding = try reader.readUInt8()
    self.data = Array(reader.readRemaining())
  }

  func write(to writer: inout ByteWriter) {
    writer.write(encoding)
    writer.write(data)
  }
}
