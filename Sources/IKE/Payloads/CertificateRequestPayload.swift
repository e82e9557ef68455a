import WireFormat

/// CERTREQ: the certification authorities that the sender trusts (RFC 7296 section 3.7).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Cert Encoding |                                               |
/// +-+-+-+-+-+-+-+-+                                               |
/// ~                    Certification Authority                    ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct CertificateRequestPayload: Hashable {
  let encoding: UInt8
  let authorities: [UInt8]

  init(encoding: UInt8, authorities: [UInt8]) {
    self.encoding = encoding
    self.authorities = authorities
  }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.encoding = try reader.readUInt8()
    self.authorities = Array(reader.readRemaining())
  }

  func write(to writer: inout ByteWriter) {
    writer.write(encoding)
    writer.write(authorities)
  }
}
