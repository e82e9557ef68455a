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

  /// Asks for X.509 certificates of these authorities, each known by the SHA-1 hash of its public key; nil without any.
  init?(keyHashes: [[UInt8]]) {
    guard !keyHashes.isEmpty else { return nil }
    self.init(encoding: CertificatePayload.x509Signature, authorities: keyHashes.flatMap { $0 })
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
