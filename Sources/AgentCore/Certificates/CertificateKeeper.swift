import Certificates
import FabricCrypto
import Foundation

/// Sees to it that the gateway has a certificate of its identities: makes the key, asks, and checks what comes.
struct CertificateKeeper {
  /// A certificate is asked for anew in the last twelfth of its time: of two years, in the last two months. A fixed time
  /// would never be satisfied by a certificate that is shorter.
  private static let renewalShare = 1.0 / 12

  private(set) var kept: KeptCredentials
  /// When the controller was last asked: not again before it has had the time to answer.
  private var asked: Date?

  /// Goes on with what an earlier process has kept.
  init(_ kept: KeptCredentials) { self.kept = kept }

  /// What the gateway can prove its identities with; nil while something is missing.
  var credentials: SiteCredentials? {
    guard let key = kept.key, let certificate = kept.certificate, let authority = kept.authority,
      let revocationList = kept.revocationList
    else { return nil }
    return SiteCredentials(
      key: key, certificate: [UInt8](certificate), authority: [UInt8](authority),
      revocationList: [UInt8](revocationList))
  }

  /// The controller's authority. Throws if what it sends does not fit together.
  mutating func trust(_ authority: Data, _ revocationList: Data) throws {
    let new = try TrustAnchor(certificate: [UInt8](authority), revocationList: [UInt8](revocationList))
    let old = kept.authority.flatMap { try? TrustAnchor(certificate: [UInt8]($0)) }
    // A certificate of another authority is of no use any more.
    if old?.isSameAuthority(as: new) != true { kept.certificate = nil }
    kept.authority = authority
    kept.revocationList = revocationList
    asked = nil
  }

  /// The request to send now; nil if none is needed, or one is under way.
  mutating func request(for identities: [String], at now: Date) throws -> Data? {
    guard !identities.isEmpty, let patience = patience(for: identities, at: now) else { return nil }
    if let asked, now.timeIntervalSince(asked) < patience { return nil }
    asked = now
    let key: SigningKey
    if let der = kept.key {
      key = try SigningKey(der: der)
    } else {
      // The curve that every peer of RFC 7427 knows, and the fastest.
      key = try SigningKey.generate(.ecdsaP256)
      kept.key = try key.der
    }
    return Data(try SigningRequest.make(for: key))
  }

  /// A certificate from the controller. Throws unless it is of our key, and proves every identity.
  mutating func received(_ certificate: Data, for identities: [String], at now: Date) throws {
    try check(certificate, for: identities, at: now)
    kept.certificate = certificate
  }

  /// How many seconds to wait for an answer before the controller is asked once more: who has a good certificate is in no
  /// hurry to have another. Nil where there is nothing to ask for.
  private func patience(for identities: [String], at now: Date) -> TimeInterval? {
    guard let certificate = kept.certificate, let lifetime = try? check(certificate, for: identities, at: now)
    else { return 5 }
    let end = now.addingTimeInterval(lifetime * Self.renewalShare)
    return (try? check(certificate, for: identities, at: end)) == nil ? 3600 : nil
  }

  /// For how many seconds the certificate is good altogether. Throws unless it is of our key, and proves every identity.
  @discardableResult
  private func check(_ certificate: Data, for identities: [String], at date: Date) throws -> TimeInterval {
    guard let key = kept.key, let authority = kept.authority, let revocationList = kept.revocationList else {
      throw CertificateFault.otherKey
    }
    let anchor = try TrustAnchor(certificate: [UInt8](authority), revocationList: [UInt8](revocationList))
    var lifetime = TimeInterval.infinity
    for identity in identities {
      let proven = try CertificatePolicy(anchors: [anchor]).judge(
        [[UInt8](certificate)], of: CertifiedIdentity(identity), at: date)
      guard proven.key == (try SigningKey(der: key).verificationKey) else { throw CertificateFault.otherKey }
      lifetime = proven.expires.timeIntervalSince(proven.begins)
    }
    return lifetime
  }
}
