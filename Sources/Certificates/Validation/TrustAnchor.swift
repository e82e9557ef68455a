import Foundation
import X509

/// A certification authority that is trusted, with the certificates that it has taken back.
public struct TrustAnchor: Sendable {
  let certificate: Certificate
  let revocationList: RevocationList?

  /// Reads an authority's certificate and, if it publishes one, its revocation list, both in DER.
  ///
  /// Throws for a certificate that is not an authority's, and for a list that the authority has not signed.
  public init(certificate: [UInt8], revocationList: [UInt8]? = nil) throws(CertificateFault) {
    let authority = try Certificate(der: certificate)
    try authority.checkStrength(isSelfSigned: true)
    try authority.checkAuthority(authoritiesBelow: 0)
    self.certificate = authority
    self.revocationList = try revocationList.map { der throws(CertificateFault) in
      try RevocationList(der: der, of: authority)
    }
  }

  /// The authority's distinguished name.
  public var name: String { certificate.name }

  /// Whether both are the same authority: one may have renewed its own certificate, under the same name and key.
  public func isSameAuthority(as other: TrustAnchor) -> Bool {
    certificate.subject == other.certificate.subject && certificate.publicKey == other.certificate.publicKey
  }

  /// Throws if the authority has taken a certificate of its own back for another reason than that its holder has got a new
  /// one: what was proved with it does not hold any more. The serial number is in hexadecimal.
  public func checkStands(serialNumber: String) throws(CertificateFault) {
    guard let number = try? Certificate.SerialNumber(hexadecimal: serialNumber),
      let revocation = revocationList?.revocation(of: number), !revocation.isSuperseded
    else { return }
    throw .revoked(serialNumber: serialNumber, since: revocation.date)
  }

  /// The hash that names the authority in CERTREQ (RFC 7296 section 3.7).
  public var keyHash: [UInt8] {
    get throws(CertificateFault) {
      do {
        return try certificate.publicKey.certificateRequestHash()
      } catch {
        throw .unreadable("certificate")
      }
    }
  }
}
