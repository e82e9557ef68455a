import FabricCrypto
import FabricTestKit
import Foundation
import SwiftASN1
import X509

@testable import Certificates

/// Certificates made for tests, with any fault that one may have.
struct TestCertificate {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  static let day: TimeInterval = 86400

  let certificate: Certificate
  let key: SigningKey

  /// What a certificate says; what is not given is as it should be.
  struct Contents {
    var subject: String
    var identities: [CertifiedIdentity] = []
    var authority: BasicConstraints? = .notCertificateAuthority
    var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    var purposes: [ExtendedKeyUsage.Usage]?
    var from = TestCertificate.now - day
    var until = TestCertificate.now + day
    var extra: Certificate.Extension?
    var signsWith: Certificate.SignatureAlgorithm?
  }

  static func root(
    _ name: String = "root", kind: SignatureKeyKind = .ecdsaP256, _ change: (inout Contents) -> Void = { _ in }
  ) throws -> TestCertificate {
    try TestCertificate(authority(name, change), kind: kind, issuer: nil)
  }

  func authority(_ name: String, _ change: (inout Contents) -> Void = { _ in }) throws -> TestCertificate {
    try TestCertificate(Self.authority(name, change), kind: .ecdsaP256, issuer: self)
  }

  func gateway(
    _ identity: CertifiedIdentity = .fqdn("hq.example"), kind: SignatureKeyKind = .ecdsaP256,
    _ change: (inout Contents) -> Void = { _ in }
  ) throws -> TestCertificate {
    var contents = Contents(subject: "gateway", identities: [identity])
    change(&contents)
    return try TestCertificate(contents, kind: kind, issuer: self)
  }

  private static func authority(_ name: String, _ change: (inout Contents) -> Void) -> Contents {
    var contents = Contents(subject: name, authority: .isCertificateAuthority(maxPathLength: nil))
    contents.keyUsage = KeyUsage(keyCertSign: true, cRLSign: true)
    change(&contents)
    return contents
  }

  init(_ contents: Contents, kind: SignatureKeyKind, issuer: TestCertificate?) throws {
    key = try SigningKey.generate(kind)
    let signer = try CertificateSigner(issuer?.key ?? key)
    var extensions = Certificate.Extensions()
    if let authority = contents.authority { try extensions.append(.init(authority, critical: true)) }
    if let usage = contents.keyUsage { try extensions.append(.init(usage, critical: true)) }
    if let purposes = contents.purposes {
      try extensions.append(.init(ExtendedKeyUsage(purposes), critical: false))
    }
    if !contents.identities.isEmpty {
      let names = SubjectAlternativeNames(contents.identities.map(\.generalName))
      try extensions.append(.init(names, critical: false))
    }
    if let extra = contents.extra { try extensions.append(extra) }
    let subject = try DistinguishedName { CommonName(contents.subject) }
    certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: CertificateSigner(key).publicKey,
      notValidBefore: contents.from, notValidAfter: contents.until, issuer: issuer?.certificate.subject ?? subject,
      subject: subject, signatureAlgorithm: signer.defaultSignatureAlgorithm, extensions: extensions,
      issuerPrivateKey: Certificate.PrivateKey(signer))
  }

  var der: [UInt8] { get throws { try certificate.der() } }

  /// This certificate as a trust anchor.
  func anchor(revocationList: [UInt8]? = nil) throws -> TrustAnchor {
    try TrustAnchor(certificate: der, revocationList: revocationList)
  }
}
