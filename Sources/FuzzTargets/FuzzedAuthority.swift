import Crypto
import Foundation
import SwiftASN1
import X509

/// Keys that everybody knows, and a small tree of certificates under them. Ed25519 signs the same bytes the same way each
/// time.
///
///     root ── authority ── gateway
///       └── gateway
struct FuzzedAuthority {
  /// A key's place in the tree; it signs what the fuzzer has written.
  enum Signer: UInt8, CaseIterable {
    case root = 1
    case authority, gateway
  }

  static let identity = "left.test"
  /// When the certificates were made.
  static let date = Date(timeIntervalSince1970: 1_800_000_000)

  /// The root's own certificate in DER.
  let root: [UInt8]
  /// A chain without and one with an authority between, each the gateway's certificate first.
  let chains: [[[UInt8]]]
  private let keys: [Signer: Curve25519.Signing.PrivateKey]

  init() throws {
    keys = try Dictionary(uniqueKeysWithValues: Signer.allCases.map { ($0, try FuzzedAuthority.key($0)) })
    let root = try FuzzedAuthority.certificate(of: .root, by: .root)
    let authority = try FuzzedAuthority.certificate(of: .authority, by: .root)
    self.root = try root.der()
    chains = [
      [try FuzzedAuthority.certificate(of: .gateway, by: .root).der()],
      [try FuzzedAuthority.certificate(of: .gateway, by: .authority).der(), try authority.der()],
    ]
  }

  /// The private key of a place.
  static func key(_ signer: Signer) throws -> Curve25519.Signing.PrivateKey {
    try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: signer.rawValue, count: 32))
  }

  /// SEQUENCE { contents, Ed25519, BIT STRING }: a certificate, a revocation list or a request with a valid signature; nil
  /// without a key.
  func sign(_ contents: [UInt8], by signer: Signer) throws -> [UInt8]? {
    guard let key = keys[signer] else { return nil }
    var serializer = DER.Serializer()
    let signature = Array(try key.signature(for: contents))
    try serializer.appendConstructedNode(identifier: .sequence) { serializer in
      serializer.serializeRawBytes(contents)
      serializer.serializeRawBytes(Self.ed25519)
      try serializer.serialize(ASN1BitString(bytes: signature[...]))
    }
    return serializer.serializedBytes
  }

  /// What `sign` would sign of a signed object.
  static func contents(of signed: [UInt8]) throws -> [UInt8] {
    guard case .constructed(let nodes) = try DER.parse(signed).content else { return [] }
    var iterator = nodes.makeIterator()
    return iterator.next().map { Array($0.encodedBytes) } ?? []
  }

  /// AlgorithmIdentifier of Ed25519 (RFC 8410 section 3).
  static let ed25519: [UInt8] = [0x30, 5, 0x06, 3, 0x2B, 0x65, 0x70]

  private static func certificate(of holder: Signer, by issuer: Signer) throws -> Certificate {
    let isAuthority = holder != .gateway
    return try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(bytes: [holder.rawValue, issuer.rawValue]),
      publicKey: Certificate.PublicKey(key(holder).publicKey), notValidBefore: date - 86400,
      notValidAfter: date + 86400 * 365, issuer: name(issuer), subject: name(holder), signatureAlgorithm: .ed25519,
      extensions: Certificate.Extensions {
        Critical(isAuthority ? BasicConstraints.isCertificateAuthority(maxPathLength: 1) : .notCertificateAuthority)
        Critical(isAuthority ? KeyUsage(keyCertSign: true, cRLSign: true) : KeyUsage(digitalSignature: true))
        SubjectAlternativeNames([.dnsName(identity), .rfc822Name("left@test")])
      }, issuerPrivateKey: Certificate.PrivateKey(key(issuer)))
  }

  private static func name(_ signer: Signer) throws -> DistinguishedName {
    try DistinguishedName { CommonName("\(signer)") }
  }
}

extension Certificate {
  fileprivate func der() throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.serialize(self)
    return serializer.serializedBytes
  }
}
