import WireFormat

/// IDi, IDr: who the initiator and the responder say they are (RFC 7296 section 3.5).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |   ID Type     |                 RESERVED                      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                   Identification Data                         ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct IdentificationPayload: Hashable {
  /// The body as sent, which AUTH is computed over, RESERVED bytes and all (RFC 7296 section 2.15).
  let body: [UInt8]

  private static let ipv4Address: UInt8 = 1
  private static let fqdn: UInt8 = 2
  private static let email: UInt8 = 3
  private static let ipv6Address: UInt8 = 5
  private static let keyID: UInt8 = 11
  private static let headerLength = 4

  init(_ identity: IKEIdentity) {
    switch identity {
    case .fqdn(let name): self.init(type: IdentificationPayload.fqdn, Array(name.utf8))
    case .email(let name): self.init(type: IdentificationPayload.email, Array(name.utf8))
    case .keyID(let bytes): self.init(type: IdentificationPayload.keyID, bytes)
    case .address(let address):
      let isIPv4 = address.family == .v4
      self.init(type: isIPv4 ? IdentificationPayload.ipv4Address : IdentificationPayload.ipv6Address, address.bytes)
    }
  }

  private init(type: UInt8, _ data: [UInt8]) { self.body = [type, 0, 0, 0] + data }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    guard reader.remaining > IdentificationPayload.headerLength else { throw .invalid(field: "identification data") }
    self.body = Array(reader.readRemaining())
  }

  /// The identity; nil for a type or a form that Fabric does not know.
  var identity: IKEIdentity? {
    let data = body.dropFirst(IdentificationPayload.headerLength)
    switch body.first {
    case IdentificationPayload.ipv4Address where data.count == 4: return IPAddress(bytes: data).map { .address($0) }
    case IdentificationPayload.ipv6Address where data.count == 16: return IPAddress(bytes: data).map { .address($0) }
    case IdentificationPayload.fqdn: return String(validating: data, as: UTF8.self).map { .fqdn($0) }
    case IdentificationPayload.email: return String(validating: data, as: UTF8.self).map { .email($0) }
    case IdentificationPayload.keyID: return .keyID(Array(data))
    default: return nil
    }
  }

  func write(to writer: inout ByteWriter) { writer.write(body) }
}

extension IdentificationPayload: CustomStringConvertible {
  /// The identity in words; of an unknown type, the type's number.
  var description: String { identity.map(\.description) ?? "an identity of type \(body.first ?? 0)" }
}
