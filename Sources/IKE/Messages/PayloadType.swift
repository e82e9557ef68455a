/// The Next Payload field (RFC 7296 section 3.2).
struct PayloadType: RawRepresentable, Hashable {
  let rawValue: UInt8

  /// No further payload.
  static let none = PayloadType(rawValue: 0)
  /// SA.
  static let securityAssociation = PayloadType(rawValue: 33)
  /// KE.
  static let keyExchange = PayloadType(rawValue: 34)
  /// IDi.
  static let initiatorIdentification = PayloadType(rawValue: 35)
  /// IDr.
  static let responderIdentification = PayloadType(rawValue: 36)
  /// CERT.
  static let certificate = PayloadType(rawValue: 37)
  /// CERTREQ.
  static let certificateRequest = PayloadType(rawValue: 38)
  /// AUTH.
  static let authentication = PayloadType(rawValue: 39)
  /// Ni, Nr.
  static let nonce = PayloadType(rawValue: 40)
  /// N.
  static let notify = PayloadType(rawValue: 41)
  /// D.
  static let delete = PayloadType(rawValue: 42)
  /// V.
  static let vendorID = PayloadType(rawValue: 43)
  /// TSi.
  static let initiatorTrafficSelectors = PayloadType(rawValue: 44)
  /// TSr.
  static let responderTrafficSelectors = PayloadType(rawValue: 45)
  /// SK.
  static let encrypted = PayloadType(rawValue: 46)
  /// SKF.
  static let encryptedFragment = PayloadType(rawValue: 53)
}
