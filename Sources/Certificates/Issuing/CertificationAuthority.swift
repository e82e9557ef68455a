import FabricCrypto
import Foundation
import SwiftASN1
import X509

/// A small certification authority: one key, one certificate of its own, and gateways' certificates right below it.
public struct CertificationAuthority: Sendable {
  /// A certificate that was issued.
  public struct Issued: Sendable {
    /// The certificate in DER.
    public let certificate: [UInt8]
    /// The serial number in hexadecimal.
    public let serialNumber: String
    /// The end of its validity.
    public let expires: Date
  }

  /// A certificate that was taken back.
  public struct Revoked: Sendable {
    /// The serial number in hexadecimal.
    public let serialNumber: String
    /// When.
    public let date: Date
    /// Whether that is only because its holder has another (RFC 5280 section 5.3.1, superseded).
    public let isSuperseded: Bool

    /// A revocation.
    public init(serialNumber: String, date: Date, isSuperseded: Bool) {
      self.serialNumber = serialNumber
      self.date = date
      self.isSuperseded = isSuperseded
    }
  }

  /// Ten years: an authority is renewed long before.
  static let ownLifetime: TimeInterval = 3650 * 86400
  /// For so long a gateway's certificate is good, and a revocation list: a gateway that is cut off from its controller
  /// must not lose its tunnels early (DESIGN.md section 5, invariant 8).
  static let lifetime: TimeInterval = 730 * 86400
  /// Clocks of gateways may be behind by this much.
  static let tolerance: TimeInterval = 3600

  /// The authority's own certificate in DER.
  public let certificate: [UInt8]
  private let own: Certificate
  private let key: SigningKey

  /// Takes up an authority; throws unless the key is the certificate's.
  public init(certificate: [UInt8], key: SigningKey) throws(CertificateFault) {
    own = try TrustAnchor(certificate: certificate).certificate
    guard try own.verificationKey() == key.verificationKey else { throw .otherKey }
    self.certificate = certificate
    self.key = key
  }

  /// Founds an authority with a key of its own, valid from `date` on.
  public static func found(named name: String, key: SigningKey, at date: Date) throws -> CertificationAuthority {
    let subject = try DistinguishedName {
      OrganizationName("Fabric")
      CommonName(name)
    }
    return try selfSigned(subject, key, identifier: CertificateSigner(key).publicKey.identifier, at: date)
  }

  /// The same authority, valid from `date` on, where its own certificate would end before one that it issues now; nil where
  /// it lasts. Name and key stay, and so everything that it has issued stays good (RFC 5280 section 6.1.3).
  public func renewed(at date: Date) throws -> CertificationAuthority? {
    guard own.notValidAfter < date.addingTimeInterval(Self.lifetime) else { return nil }
    return try Self.selfSigned(own.subject, key, identifier: keyIdentifier, at: date)
  }

  private static func selfSigned(
    _ subject: DistinguishedName, _ key: SigningKey, identifier: ArraySlice<UInt8>, at date: Date
  ) throws -> CertificationAuthority {
    let signer = try CertificateSigner(key)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
      notValidBefore: date.addingTimeInterval(-tolerance), notValidAfter: date.addingTimeInterval(ownLifetime),
      issuer: subject, subject: subject, signatureAlgorithm: signer.defaultSignatureAlgorithm,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(keyIdentifier: identifier)
      }, issuerPrivateKey: Certificate.PrivateKey(signer))
    return try CertificationAuthority(certificate: try certificate.der(), key: key)
  }

  /// Certifies that the holder of a request's key is `holder`, with these identities and no others.
  public func issue(
    _ request: SigningRequest, to holder: String, identities: [CertifiedIdentity], at date: Date
  ) throws -> Issued {
    let signer = try CertificateSigner(key)
    let expires = min(date.addingTimeInterval(Self.lifetime), own.notValidAfter)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: request.publicKey,
      notValidBefore: date.addingTimeInterval(-Self.tolerance), notValidAfter: expires, issuer: own.subject,
      subject: try DistinguishedName { CommonName(holder) }, signatureAlgorithm: signer.defaultSignatureAlgorithm,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        SubjectAlternativeNames(identities.map(\.generalName))
        SubjectKeyIdentifier(keyIdentifier: request.publicKey.identifier)
        AuthorityKeyIdentifier(keyIdentifier: keyIdentifier)
      }, issuerPrivateKey: Certificate.PrivateKey(signer))
    return Issued(
      certificate: try certificate.der(), serialNumber: certificate.serialNumber.hexadecimal, expires: expires)
  }

  /// The list of what was taken back, in DER; `number` is greater than that of any list before (RFC 5280 section 5.2.3).
  public func revocationList(of revoked: [Revoked], number: Int, at date: Date) throws -> [UInt8] {
    let algorithm = key.verificationKey.kind.certificateAlgorithm
    var list = DER.Serializer()
    try list.appendConstructedNode(identifier: .sequence) { list in
      try list.serialize(1)
      list.serializeRawBytes(algorithm.algorithmIdentifier)
      try list.serialize(own.subject)
      try date.addingTimeInterval(-Self.tolerance).serialize(into: &list)
      try date.addingTimeInterval(Self.lifetime).serialize(into: &list)
      if !revoked.isEmpty { try Self.serialize(revoked, into: &list) }
      try serializeExtensions(number: number, into: &list)
    }
    let signature = try key.sign(list.serializedBytes, by: algorithm)
    var whole = DER.Serializer()
    try whole.appendConstructedNode(identifier: .sequence) { whole in
      whole.serializeRawBytes(list.serializedBytes)
      whole.serializeRawBytes(algorithm.algorithmIdentifier)
      try whole.serialize(ASN1BitString(bytes: signature[...]))
    }
    return whole.serializedBytes
  }

  /// RFC 5280 section 4.2.1.1: what the authority's own certificate calls its key, by whatever method it was made; some peers
  /// look for the issuer by it.
  private var keyIdentifier: ArraySlice<UInt8> {
    (try? own.extensions.subjectKeyIdentifier)?.keyIdentifier ?? own.publicKey.identifier
  }

  private static func serialize(_ revoked: [Revoked], into list: inout DER.Serializer) throws {
    try list.appendConstructedNode(identifier: .sequence) { entries in
      for one in revoked {
        try entries.appendConstructedNode(identifier: .sequence) { entry in
          try entry.serialize(try Certificate.SerialNumber(hexadecimal: one.serialNumber).bytes)
          try one.date.serialize(into: &entry)
          // RFC 5280 section 5.3.1: no reason code rather than that of no reason.
          if one.isSuperseded { try entry.serializeSequenceOf([RevocationReason.superseded]) }
        }
      }
    }
  }

  /// RFC 5280 section 5.2: the key that signs, and the list's number.
  private func serializeExtensions(number: Int, into list: inout DER.Serializer) throws {
    var value = DER.Serializer()
    try value.serialize(number)
    let extensions = [
      try Certificate.Extension(AuthorityKeyIdentifier(keyIdentifier: keyIdentifier), critical: false),
      Certificate.Extension(oid: [2, 5, 29, 20], critical: false, value: value.serializedBytes[...]),
    ]
    try list.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { list in
      try list.serializeSequenceOf(extensions)
    }
  }
}

extension Certificate.SerialNumber {
  /// Reads what `hexadecimal` has written.
  init(hexadecimal: String) throws {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    guard digits.count == hexadecimal.count, digits.count.isMultiple(of: 2) else {
      throw CertificateFault.unreadable("serial number")
    }
    self.init(bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
