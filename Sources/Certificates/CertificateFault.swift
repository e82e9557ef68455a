import Foundation

/// Why a certificate, a revocation list or a request is not accepted.
public enum CertificateFault: Error, Equatable, Sendable {
  /// The bytes are none of what they should be: `certificate`, `revocation list`, `request`.
  case unreadable(String)
  /// More certificates than any real chain has.
  case tooManyCertificates
  /// No trusted authority stands at the end of the chain.
  case untrusted(issuer: String)
  /// The validity of a certificate has not begun.
  case notYetValid(subject: String, from: Date)
  /// The validity of a certificate is over.
  case expired(subject: String, since: Date)
  /// A certificate that others hang on is not an authority's (RFC 5280 section 4.2.1.9).
  case notAnAuthority(subject: String)
  /// More authorities than one above them allows (RFC 5280 section 4.2.1.9).
  case pathTooLong(subject: String)
  /// The key of a gateway's certificate is an authority's.
  case isAnAuthority(subject: String)
  /// The key usage lacks what the key is used for (RFC 5280 section 4.2.1.3, RFC 4945 section 5.1.3.2).
  case wrongKeyUsage(subject: String)
  /// The extended key usage does not include IKE (RFC 4945 section 5.1.3.12).
  case wrongExtendedKeyUsage(subject: String)
  /// An RSA key of less than 2,048 bits, or a kind of key that Fabric does not accept.
  case weakKey(subject: String)
  /// Signed by SHA-1 or another algorithm that Fabric does not accept.
  case weakSignature(subject: String)
  /// A critical extension that is not enforced here (RFC 5280 section 4.2); its OID in dotted form.
  case unknownCriticalExtension(subject: String, identifier: String)
  /// The certificate is of other identities.
  case otherIdentity(expected: String, actual: [String])
  /// The authority has taken the certificate back; the serial number in hexadecimal.
  case revoked(serialNumber: String, since: Date)
  /// The revocation list is not of the authority, or not of its key.
  case foreignRevocationList(issuer: String)
  /// The authority should have issued another revocation list by now.
  case staleRevocationList(issuer: String, since: Date)
  /// A request is not signed by the key that it brings.
  case unprovenRequest
  /// The key and the certificate do not belong together.
  case otherKey
}

extension CertificateFault: CustomStringConvertible {
  /// The fault in one clause.
  public var description: String {
    switch self {
    case .unreadable(let what): "the \(what) cannot be read"
    case .tooManyCertificates: "there are too many certificates"
    case .untrusted(let issuer): "no authority that we trust has issued the certificate; its issuer is \(issuer)"
    case .notYetValid(let subject, let date): "the certificate of \(subject) is valid from \(date.day) on only"
    case .expired(let subject, let date): "the certificate of \(subject) has expired on \(date.day)"
    case .notAnAuthority(let subject): "\(subject) has issued a certificate, but is no authority"
    case .pathTooLong(let subject): "there are more authorities under \(subject) than it allows"
    case .isAnAuthority(let subject): "the certificate of \(subject) is an authority's, not a gateway's"
    case .wrongKeyUsage(let subject): "the key usage in the certificate of \(subject) does not allow this use"
    case .wrongExtendedKeyUsage(let subject): "the extended key usage in the certificate of \(subject) lacks IKE"
    case .weakKey(let subject): "the key of \(subject) is too weak"
    case .weakSignature(let subject): "the certificate of \(subject) is signed by an algorithm that is too weak"
    case .unknownCriticalExtension(let subject, let identifier):
      "the certificate of \(subject) has the critical extension \(identifier), which Fabric does not know"
    case .otherIdentity(let expected, let actual):
      "the certificate is of \(actual.isEmpty ? "nobody" : actual.joined(separator: ", ")), not of \(expected)"
    case .revoked(let serialNumber, let date): "the certificate \(serialNumber) has been revoked on \(date.day)"
    case .foreignRevocationList(let issuer): "the revocation list of \(issuer) is not the authority's"
    case .staleRevocationList(let issuer, let date): "the revocation list of \(issuer) has run out on \(date.day)"
    case .unprovenRequest: "the request is not signed by its own key"
    case .otherKey: "the certificate is of another key"
    }
  }
}

extension Date {
  fileprivate var day: String { formatted(.iso8601.year().month().day()) }
}
