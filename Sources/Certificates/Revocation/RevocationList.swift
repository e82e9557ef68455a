import FabricCrypto
import Foundation
import SwiftASN1
import X509

/// A certificate revocation list (RFC 5280 section 5), whose signature has been checked.
///
///     CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
///     TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, [0] crlExtensions }
struct RevocationList: Sendable {
  private let issuer: String
  private let thisUpdate: Date
  private let nextUpdate: Date
  private let revoked: [Certificate.SerialNumber: Revocation]

  /// How a certificate was taken back.
  struct Revocation: Sendable {
    let date: Date
    /// Whether that is only because its holder has another.
    let isSuperseded: Bool
  }

  /// Reads a list in DER; throws unless `authority` has issued and signed it.
  init(der: [UInt8], of authority: Certificate) throws(CertificateFault) {
    let fields: Fields
    do {
      fields = try Fields(der)
    } catch {
      throw .unreadable("revocation list")
    }
    let key = try authority.verificationKey()
    guard fields.issuer == authority.subject, authority.maySignLists, let algorithm = fields.algorithm,
      key.isValid(fields.signature, of: fields.signed, by: algorithm)
    else { throw .foreignRevocationList(issuer: fields.issuer.description) }
    issuer = authority.name
    thisUpdate = fields.thisUpdate
    nextUpdate = fields.nextUpdate
    revoked = fields.revoked
  }

  /// Throws if the authority should have issued another list by now, or has not issued this one yet.
  func checkFreshness(at date: Date) throws(CertificateFault) {
    if date > nextUpdate { throw .staleRevocationList(issuer: issuer, since: nextUpdate) }
    if date < thisUpdate { throw .notYetValid(subject: issuer, from: thisUpdate) }
  }

  /// How the authority has taken a certificate of its own back; nil if it has not.
  func revocation(of serialNumber: Certificate.SerialNumber) -> Revocation? { revoked[serialNumber] }
}

extension Certificate {
  /// RFC 5280 section 4.2.1.3: cRLSign, where there is a key usage.
  fileprivate var maySignLists: Bool {
    guard let usage = try? extensions.keyUsage else { return extensions[oid: .X509ExtensionID.keyUsage] == nil }
    return usage.cRLSign
  }
}

/// What stands in a list, before anything is believed.
private struct Fields {
  let signed: [UInt8]
  let algorithm: FabricCrypto.SignatureAlgorithm?
  let signature: [UInt8]
  let issuer: DistinguishedName
  let thisUpdate: Date
  let nextUpdate: Date
  let revoked: [Certificate.SerialNumber: RevocationList.Revocation]

  init(_ der: [UInt8]) throws {
    let root = try DER.parse(der)
    var outer = try Fields.children(of: root)
    let (list, algorithm, signature) = (try outer.required(), try outer.required(), try outer.required())
    try outer.end()
    signed = Array(list.encodedBytes)
    self.algorithm = SignatureAlgorithm(algorithmIdentifier: Array(algorithm.encodedBytes))
    self.signature = Array(try ASN1BitString(derEncoded: signature).bytes)
    var inner = try Fields.children(of: list)
    // Version 2, as only its extensions make a list of part of the certificates recognizable.
    guard try Int(derEncoded: inner.required()) == 1 else { throw CertificateFault.unreadable("revocation list") }
    // RFC 5280 section 5.1.2.2: the algorithm inside is the same as outside.
    guard try inner.required().encodedBytes == algorithm.encodedBytes else {
      throw CertificateFault.unreadable("revocation list")
    }
    issuer = try DistinguishedName(derEncoded: inner.required())
    thisUpdate = try Date(time: inner.required())
    // RFC 5280 section 5.1.2.5: conforming authorities set nextUpdate.
    nextUpdate = try Date(time: inner.required())
    revoked = try Fields.readRevoked(&inner)
    try Fields.checkExtensions(&inner)
    try inner.end()
  }

  private static func children(of node: ASN1Node) throws -> Children {
    guard node.identifier == .sequence, case .constructed(let nodes) = node.content else {
      throw CertificateFault.unreadable("revocation list")
    }
    return Children(nodes: Array(nodes)[...])
  }

  private static func readRevoked(
    _ fields: inout Children
  ) throws -> [Certificate.SerialNumber: RevocationList.Revocation] {
    guard let node = fields.optional(.sequence) else { return [:] }
    var revoked: [Certificate.SerialNumber: RevocationList.Revocation] = [:]
    for entry in try children(of: node).nodes {
      var fields = try children(of: entry)
      let serial = try ArraySlice<UInt8>(derEncoded: fields.required())
      let date = try Date(time: fields.required())
      let extensions = try fields.optional(.sequence).map(readExtensions) ?? []
      try fields.end()
      revoked[Certificate.SerialNumber(bytes: serial)] = RevocationList.Revocation(
        date: date, isSuperseded: extensions.contains(RevocationReason.superseded))
    }
    return revoked
  }

  private static func checkExtensions(_ fields: inout Children) throws {
    let identifier = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
    guard let node = fields.optional(identifier), case .constructed(let nodes) = node.content else { return }
    for extensions in nodes { _ = try readExtensions(extensions) }
  }

  /// RFC 5280 section 5.2: a list with a critical extension that we do not know, such as one for part of the
  /// certificates or of changes only, says nothing to us.
  private static func readExtensions(_ node: ASN1Node) throws -> [Certificate.Extension] {
    let extensions = try DER.sequence(of: Certificate.Extension.self, identifier: .sequence, rootNode: node)
    if extensions.contains(where: \.critical) { throw CertificateFault.unreadable("revocation list") }
    return extensions
  }
}

/// The fields of a SEQUENCE, taken one after the other.
private struct Children {
  var nodes: ArraySlice<ASN1Node>

  mutating func required() throws -> ASN1Node {
    guard let node = nodes.popFirst() else { throw CertificateFault.unreadable("revocation list") }
    return node
  }

  mutating func optional(_ identifier: ASN1Identifier) -> ASN1Node? {
    nodes.first?.identifier == identifier ? nodes.popFirst() : nil
  }

  func end() throws { if !nodes.isEmpty { throw CertificateFault.unreadable("revocation list") } }
}
