import FabricCrypto
import Foundation
import X509

/// Decides whether a chain of certificates proves an identity (RFC 5280 section 6, as profiled for IKE by RFC 4945).
///
/// swift-certificates reads certificates and checks their signatures. The path is validated here: its own verifier is
/// asynchronous, and knows neither key usage nor revocation lists.
public struct CertificatePolicy: Sendable {
  /// A certificate that has passed every check.
  public struct Proven: Sendable {
    /// The holder's key.
    public let key: VerificationKey
    /// The issuer's distinguished name.
    public let issuer: String
    /// The serial number in hexadecimal.
    public let serialNumber: String
    /// The beginning of its validity.
    public let begins: Date
    /// The end of its validity.
    public let expires: Date
  }

  private let anchors: [TrustAnchor]

  /// A policy that trusts these authorities.
  public init(anchors: [TrustAnchor]) { self.anchors = anchors }

  /// Judges a chain.
  ///
  /// - Parameters:
  ///   - chain: certificates in DER, the holder's first, the others in any order.
  ///   - identity: what the holder's certificate must say.
  ///   - date: the time of day.
  /// - Throws: the first thing that is wrong with the most promising path to an authority.
  public func judge(
    _ chain: [[UInt8]], of identity: CertifiedIdentity, at date: Date
  ) throws(CertificateFault) -> Proven {
    guard chain.count <= PathSearch.maximumCertificates else { throw .tooManyCertificates }
    guard let first = chain.first else { throw .unreadable("certificate") }
    let holder = try Certificate(der: first)
    let others = chain.dropFirst().compactMap { try? Certificate(der: $0) }
    var search = PathSearch(others: others, anchors: anchors)
    var fault: CertificateFault?
    for path in search.paths(from: holder) {
      do throws(CertificateFault) {
        return try check(path, of: identity, at: date)
      } catch {
        fault = fault ?? error
      }
    }
    throw fault ?? .untrusted(issuer: holder.issuer.description)
  }

  private func check(
    _ path: CertificatePath, of identity: CertifiedIdentity, at date: Date
  ) throws(CertificateFault) -> Proven {
    try path.checkAuthorities()
    for certificate in path.certificates + [path.anchor.certificate] { try certificate.checkValidity(at: date) }
    try path.checkRevocation(at: date)
    let holder = path.holder
    try holder.checkGatewayUse()
    let identities = try holder.identities()
    guard identities.contains(where: identity.matches) else {
      throw .otherIdentity(expected: identity.description, actual: identities.map(\.description))
    }
    return Proven(
      key: try holder.verificationKey(), issuer: holder.issuer.description,
      serialNumber: holder.serialNumber.hexadecimal, begins: holder.notValidBefore, expires: holder.notValidAfter)
  }
}
