import FabricCrypto
import Foundation
import SwiftASN1
import X509

/// The rules for single certificates, one function each.
extension Certificate {
  /// RFC 5280 section 4.1.2.5.
  func checkValidity(at date: Date) throws(CertificateFault) {
    if date < notValidBefore { throw .notYetValid(subject: name, from: notValidBefore) }
    if date > notValidAfter { throw .expired(subject: name, since: notValidAfter) }
  }

  /// RFC 8247 section 4: no SHA-1, no RSA key of less than 2,048 bits. An anchor's own signature proves nothing.
  func checkStrength(isSelfSigned: Bool = false) throws(CertificateFault) {
    _ = try verificationKey()
    guard isSelfSigned || Certificate.acceptableAlgorithms.contains(signatureAlgorithm) else {
      throw .weakSignature(subject: name)
    }
  }

  private static let acceptableAlgorithms: Set<SignatureAlgorithm> = [
    .sha256WithRSAEncryption, .sha384WithRSAEncryption, .sha512WithRSAEncryption, .ecdsaWithSHA256, .ecdsaWithSHA384,
    .ecdsaWithSHA512, .ed25519,
  ]

  /// Whether the holder may issue certificates (RFC 5280 sections 4.2.1.3 and 4.2.1.9).
  func checkAuthority(authoritiesBelow: Int) throws(CertificateFault) {
    try checkExtensions()
    guard case .isCertificateAuthority(let limit)? = try read({ try $0.basicConstraints }) else {
      throw .notAnAuthority(subject: name)
    }
    if let limit, authoritiesBelow > limit { throw .pathTooLong(subject: name) }
    if let usage = try read({ try $0.keyUsage }), !usage.keyCertSign { throw .wrongKeyUsage(subject: name) }
  }

  /// Whether the holder may sign in IKE (RFC 4945 sections 5.1.3.2 and 5.1.3.12).
  func checkGatewayUse() throws(CertificateFault) {
    try checkExtensions()
    if case .isCertificateAuthority? = try read({ try $0.basicConstraints }) { throw .isAnAuthority(subject: name) }
    if let usage = try read({ try $0.keyUsage }), !usage.digitalSignature && !usage.nonRepudiation {
      throw .wrongKeyUsage(subject: name)
    }
    // RFC 4945 section 5.1.3.12: if there is one, it must name IKE, or any purpose.
    if let purposes = try read({ try $0.extendedKeyUsage }), !purposes.contains(.ike), !purposes.contains(.any) {
      throw .wrongExtendedKeyUsage(subject: name)
    }
  }

  /// RFC 5280 section 4.2: what is critical and not enforced makes a certificate unusable. Name constraints are among
  /// that: no path here is checked against them.
  private func checkExtensions() throws(CertificateFault) {
    for one in extensions where one.critical || one.oid == .X509ExtensionID.nameConstraints {
      guard Certificate.enforcedExtensions.contains(one.oid) else {
        throw .unknownCriticalExtension(subject: name, identifier: one.oid.description)
      }
    }
  }

  private static let enforcedExtensions: Set<ASN1ObjectIdentifier> = [
    .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
    .X509ExtensionID.subjectAlternativeName,
  ]

  /// An extension; throws if it is there and malformed.
  private func read<Value>(
    _ value: (Certificate.Extensions) throws -> Value?
  ) throws(CertificateFault) -> Value? {
    do {
      return try value(extensions)
    } catch {
      throw .unreadable("certificate")
    }
  }
}

extension ExtendedKeyUsage.Usage {
  /// id-kp-ipsecIKE (RFC 4945 section 5.1.3.12).
  static let ike = Self(oid: [1, 3, 6, 1, 5, 5, 7, 3, 17])
}

/// The rules for whole paths.
extension CertificatePath {
  /// Every issuer may issue, and everything is strong enough.
  func checkAuthorities() throws(CertificateFault) {
    for certificate in certificates { try certificate.checkStrength() }
    // RFC 5280 section 4.2.1.9: an authority that has issued its own certificate anew does not count.
    var below = 0
    for authority in intermediates + [anchor.certificate] {
      try authority.checkAuthority(authoritiesBelow: below)
      if authority.issuer != authority.subject { below += 1 }
    }
  }

  /// Nothing that the anchor has issued is on its revocation list, and the list is fresh.
  func checkRevocation(at date: Date) throws(CertificateFault) {
    guard let list = anchor.revocationList else { return }
    try list.checkFreshness(at: date)
    let issued = intermediates.last ?? holder
    if let revoked = list.revocation(of: issued.serialNumber) {
      throw .revoked(serialNumber: issued.serialNumber.hexadecimal, since: revoked.date)
    }
  }
}

extension Certificate.SerialNumber {
  /// The number in hexadecimal, without colons.
  var hexadecimal: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
