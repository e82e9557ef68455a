import WireFormat

/// One payload of an IKE message, other than the encrypted one that wraps the rest.
enum Payload: Hashable {
  case securityAssociation(SecurityAssociationPayload)
  case keyExchange(KeyExchangePayload)
  case initiatorIdentification(IdentificationPayload)
  case responderIdentification(IdentificationPayload)
  case certificate(CertificatePayload)
  case certificateRequest(CertificateRequestPayload)
  case authentication(AuthenticationPayload)
  case nonce(NoncePayload)
  case notify(NotifyPayload)
  case delete(DeletePayload)
  case vendorID(VendorIDPayload)
  case initiatorTrafficSelectors(TrafficSelectorPayload)
  case responderTrafficSelectors(TrafficSelectorPayload)
  /// A payload of a type that Fabric does not process, such as CP and EAP.
  case unknown(UnknownPayload)

  /// The type that the payload in front of this one names.
  var type: PayloadType {
    switch self {
    case .securityAssociation: .securityAssociation
    case .keyExchange: .keyExchange
    case .initiatorIdentification: .initiatorIdentification
    case .responderIdentification: .responderIdentification
    case .certificate: .certificate
    case .certificateRequest: .certificateRequest
    case .authentication: .authentication
    case .nonce: .nonce
    case .notify: .notify
    case .delete: .delete
    case .vendorID: .vendorID
    case .initiatorTrafficSelectors: .initiatorTrafficSelectors
    case .responderTrafficSelectors: .responderTrafficSelectors
    case .unknown(let payload): payload.type
    }
  }

  /// Reads the body of a payload of `type`; the reader holds exactly that body.
  init(_ type: PayloadType, isCritical: Bool, _ reader: inout ByteReader) throws(MessageError) {
    do {
      switch type {
      case .securityAssociation: self = .securityAssociation(try SecurityAssociationPayload(&reader))
      case .keyExchange: self = .keyExchange(try KeyExchangePayload(&reader))
      case .initiatorIdentification: self = .initiatorIdentification(try IdentificationPayload(&reader))
      case .responderIdentification: self = .responderIdentification(try IdentificationPayload(&reader))
      case .certificate: self = .certificate(try CertificatePayload(&reader))
      case .certificateRequest: self = .certificateRequest(try CertificateRequestPayload(&reader))
      case .authentication: self = .authentication(try AuthenticationPayload(&reader))
      case .nonce: self = .nonce(try NoncePayload(&reader))
      case .notify: self = .notify(try NotifyPayload(&reader))
      case .delete: self = .delete(try DeletePayload(&reader))
      case .vendorID: self = .vendorID(VendorIDPayload(&reader))
      case .initiatorTrafficSelectors: self = .initiatorTrafficSelectors(try TrafficSelectorPayload(&reader))
      case .responderTrafficSelectors: self = .responderTrafficSelectors(try TrafficSelectorPayload(&reader))
      default:
        // RFC 7296 section 2.5: an unknown payload is skipped, unless its sender marked it critical.
        guard !isCritical else { throw MessageError.unsupportedCriticalPayload(type) }
        self = .unknown(UnknownPayload(type: type, body: Array(reader.readRemaining())))
      }
      guard reader.isAtEnd else { throw WireFormatError.invalid(field: "length of payload \(type.rawValue)") }
    } catch {
      throw MessageError(error)
    }
  }

  /// Writes the body, without the generic header.
  func writeBody(to writer: inout ByteWriter) {
    switch self {
    case .securityAssociation(let payload): payload.write(to: &writer)
    case .keyExchange(let payload): payload.write(to: &writer)
    case .initiatorIdentification(let payload), .responderIdentification(let payload): payload.write(to: &writer)
    case .certificate(let payload): payload.write(to: &writer)
    case .certificateRequest(let payload): payload.write(to: &writer)
    case .authentication(let payload): payload.write(to: &writer)
    case .nonce(let payload): writer.write(payload.bytes)
    case .notify(let payload): payload.write(to: &writer)
    case .delete(let payload): payload.write(to: &writer)
    case .vendorID(let payload): writer.write(payload.bytes)
    case .initiatorTrafficSelectors(let payload), .responderTrafficSelectors(let payload): payload.write(to: &writer)
    case .unknown(let payload): writer.write(payload.body)
    }
  }
}

/// A payload that is carried past without being understood.
struct UnknownPayload: Hashable {
  let type: PayloadType
  let body: [UInt8]
}
