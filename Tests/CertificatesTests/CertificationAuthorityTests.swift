import FabricCrypto
import FabricTestKit
import Foundation
import Testing
import X509

@testable import Certificates

@Suite("The certification authority and its revocation list")
struct CertificationAuthorityTests {
  private let now = TestCertificate.now
  private let identities: [CertifiedIdentity] = [.fqdn("isp-a.hq.acme"), .fqdn("isp-b.hq.acme")]

  private func found() throws -> CertificationAuthority {
    try CertificationAuthority.found(named: "test", key: .generate(.ecdsaP384), at: now)
  }

  private func issue(by authority: CertificationAuthority) throws -> (CertificationAuthority.Issued, SigningKey) {
    let key = try SigningKey.generate(.ecdsaP256)
    let request = try SigningRequest(der: SigningRequest.make(for: key))
    return (try authority.issue(request, to: "hq", identities: identities, at: now), key)
  }

  @Test("what it issues for a request proves the identities that it was told, and no others")
  func issues() throws {
    let authority = try found()
    let (issued, key) = try issue(by: authority)
    let list = try authority.revocationList(of: [], number: 1, at: now)
    let anchor = try TrustAnchor(certificate: authority.certificate, revocationList: list)
    let policy = CertificatePolicy(anchors: [anchor])
    for identity in identities {
      let proven = try policy.judge([issued.certificate], of: identity, at: now)
      #expect(proven.key == key.verificationKey && proven.serialNumber == issued.serialNumber)
    }
    #expect(throws: CertificateFault.self) {
      try policy.judge([issued.certificate], of: .fqdn("isp-a.berlin.acme"), at: now)
    }
    #expect(throws: CertificateFault.self) {
      try policy.judge([issued.certificate], of: identities[0], at: issued.expires + 1)
    }
  }

  @Test("a certificate that it has taken back is refused, and others are not")
  func revokes() throws {
    let authority = try found()
    let (good, _) = try issue(by: authority)
    let (bad, _) = try issue(by: authority)
    let list = try authority.revocationList(
      of: [
        .init(serialNumber: bad.serialNumber, date: now - 60, isSuperseded: true),
        .init(serialNumber: "01", date: now, isSuperseded: false),
      ], number: 2, at: now)
    let policy = CertificatePolicy(
      anchors: [try TrustAnchor(certificate: authority.certificate, revocationList: list)])
    #expect(throws: CertificateFault.revoked(serialNumber: bad.serialNumber, since: now - 60)) {
      try policy.judge([bad.certificate], of: identities[0], at: now)
    }
    _ = try policy.judge([good.certificate], of: identities[0], at: now)
  }

  @Test("what it issues calls the authority's key what the authority's own certificate calls it")
  func keyIdentifier() throws {
    let identifier = SubjectKeyIdentifier(keyIdentifier: [1, 2, 3])
    let root = try TestCertificate.root { $0.extra = try? .init(identifier, critical: false) }
    let (issued, _) = try issue(by: CertificationAuthority(certificate: root.der, key: root.key))
    let certificate = try Certificate(derEncoded: issued.certificate)
    #expect(try certificate.extensions.authorityKeyIdentifier?.keyIdentifier == [1, 2, 3])
  }

  @Test("what was proved with a certificate stands while it is only superseded, and falls when it is withdrawn")
  func withdrawal() throws {
    let authority = try found()
    func anchor(isSuperseded: Bool) throws -> TrustAnchor {
      let list = try authority.revocationList(
        of: [.init(serialNumber: "0a", date: now, isSuperseded: isSuperseded)], number: 2, at: now)
      return try TrustAnchor(certificate: authority.certificate, revocationList: list)
    }
    try anchor(isSuperseded: true).checkStands(serialNumber: "0a")
    try anchor(isSuperseded: false).checkStands(serialNumber: "0b")
    #expect(throws: CertificateFault.revoked(serialNumber: "0a", since: now)) {
      try anchor(isSuperseded: false).checkStands(serialNumber: "0a")
    }
  }

  @Test("a revocation list that has run out, or is of another authority, makes no certificate good")
  func lists() throws {
    let authority = try found()
    let (issued, _) = try issue(by: authority)
    let early = now - CertificationAuthority.lifetime - 10
    let stale = try TrustAnchor(
      certificate: authority.certificate, revocationList: authority.revocationList(of: [], number: 1, at: early))
    #expect(throws: CertificateFault.staleRevocationList(issuer: "CN=test,O=Fabric", since: now - 10)) {
      try CertificatePolicy(anchors: [stale]).judge([issued.certificate], of: identities[0], at: now)
    }
    let other = try found()
    #expect(throws: CertificateFault.self) {
      try TrustAnchor(
        certificate: authority.certificate, revocationList: other.revocationList(of: [], number: 1, at: now))
    }
  }

  @Test("it renews its own certificate before that would cut short what it issues, under the same name and key")
  func renewal() throws {
    let authority = try found()
    let (old, _) = try issue(by: authority)
    let lifetimes = CertificationAuthority.ownLifetime - CertificationAuthority.lifetime
    #expect(try authority.renewed(at: now + lifetimes - 10) == nil)
    let later = now + lifetimes + 10
    let renewed = try #require(try authority.renewed(at: later))
    #expect(try renewed.renewed(at: later) == nil)
    let request = try SigningRequest(der: SigningRequest.make(for: .generate(.ecdsaP256)))
    let new = try renewed.issue(request, to: "hq", identities: identities, at: later)
    #expect(new.expires == later + CertificationAuthority.lifetime)
    let list = try renewed.revocationList(of: [], number: 2, at: later)
    let anchor = try TrustAnchor(certificate: renewed.certificate, revocationList: list)
    #expect(anchor.isSameAuthority(as: try TrustAnchor(certificate: authority.certificate)))
    #expect(!anchor.isSameAuthority(as: try TrustAnchor(certificate: found().certificate)))
    // Who has heard of the renewal yet and who has not trust each other's certificates, old and new.
    let unaware = try TrustAnchor(certificate: authority.certificate)
    for (one, certificate) in [(anchor, new), (unaware, new)] {
      _ = try CertificatePolicy(anchors: [one]).judge([certificate.certificate], of: identities[0], at: later)
    }
    _ = try CertificatePolicy(anchors: [unaware]).judge([old.certificate], of: identities[0], at: now)
  }

  @Test("a changed or cut revocation list is refused")
  func mutatedList() throws {
    let authority = try found()
    let good = try authority.revocationList(
      of: [.init(serialNumber: "0a", date: now, isSuperseded: true)], number: 3, at: now)
    _ = try TrustAnchor(certificate: authority.certificate, revocationList: good)
    for place in good.indices {
      var bad = good
      bad[place] ^= 0x10
      #expect(throws: CertificateFault.self) {
        try TrustAnchor(certificate: authority.certificate, revocationList: bad)
      }
      #expect(throws: CertificateFault.self) {
        try TrustAnchor(certificate: authority.certificate, revocationList: Array(good.prefix(place)))
      }
    }
  }

  @Test("a request must be signed by its own key")
  func requests() throws {
    let good = try SigningRequest.make(for: .generate(.ecdsaP256))
    _ = try SigningRequest(der: good)
    var forged = good
    forged[forged.count - 1] ^= 1
    #expect(throws: CertificateFault.self) { try SigningRequest(der: forged) }
    #expect(throws: CertificateFault.unreadable("request")) { try SigningRequest(der: Array(good.dropLast())) }
    for kind in [SignatureKeyKind.rsa(bits: 2048), .ecdsaP384, .ecdsaP521, .ed25519] {
      _ = try SigningRequest(der: SigningRequest.make(for: .generate(kind)))
    }
  }

  @Test("an authority comes back from its certificate and key, and from no other key")
  func reopened() throws {
    let key = try SigningKey.generate(.ecdsaP384)
    let authority = try CertificationAuthority.found(named: "test", key: key, at: now)
    _ = try CertificationAuthority(certificate: authority.certificate, key: key)
    #expect(throws: CertificateFault.otherKey) {
      try CertificationAuthority(certificate: authority.certificate, key: .generate(.ecdsaP384))
    }
  }
}
