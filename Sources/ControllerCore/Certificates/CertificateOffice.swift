import Certificates
import ControlProtocol
import FabricCrypto
import Foundation
import Synchronization

/// The network's certification authority, with its key and its books.
///
/// The key is in a file of mode 0600 beside the controller's own, not in the database: backups of the one need not hold
/// the other. What was issued and taken back is in the database.
final class CertificateOffice: Sendable {
  private let store: Store
  private let issuer: CertificationAuthority
  /// The list of what was taken back, made anew with every change.
  private let revocationList: Mutex<Data>

  /// Takes up the authority of a state directory, or founds one there.
  init(_ directory: StateDirectory, _ store: Store, at now: Date = Date()) throws {
    self.store = store
    issuer = try Self.takeUp(directory, at: now)
    revocationList = Mutex(try Self.list(issuer, store, at: now))
  }

  private static func takeUp(_ directory: StateDirectory, at now: Date) throws -> CertificationAuthority {
    if FileManager.default.fileExists(atPath: directory.authorityKeyFile) {
      let key = try SigningKey(der: SecretBytes(PrivateFile.read(directory.authorityKeyFile)))
      let text = String(decoding: try PrivateFile.read(directory.authorityCertificateFile), as: UTF8.self)
      return try CertificationAuthority(certificate: CertificateText.decode(text), key: key)
    }
    let key = try SigningKey.generate(.ecdsaP384)
    // Part of the name, so that peers can tell two networks' authorities apart.
    let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
    let authority = try CertificationAuthority.found(named: "Fabric authority \(suffix)", key: key, at: now)
    // The certificate first: a key without one would be an authority that nobody knows.
    try PrivateFile.write(
      Data(CertificateText.encode(authority.certificate).utf8), to: directory.authorityCertificateFile)
    try PrivateFile.write(key.der.withUnsafeBytes { Data($0) }, to: directory.authorityKeyFile)
    return authority
  }

  private static func list(_ authority: CertificationAuthority, _ store: Store, at now: Date) throws -> Data {
    // Lists are numbered by the second: none is made twice within one with another content.
    let number = Int(now.timeIntervalSince1970)
    return Data(try authority.revocationList(of: store.revokedCertificates(at: now), number: number, at: now))
  }

  /// What agents are told of the authority.
  var authority: ControllerMessage {
    .authority(certificate: Data(issuer.certificate), revocationList: revocationList.withLock { $0 })
  }

  /// Certifies the key of a request with the identities that the topology gives the site, in place of what the site had
  /// before; nil if it has none to prove.
  func certify(_ request: Data, of site: String, identities: [String], at now: Date) throws -> Data? {
    guard !identities.isEmpty else { return nil }
    let request = try SigningRequest(der: [UInt8](request))
    let issued = try issuer.issue(
      request, to: site, identities: identities.map { CertifiedIdentity($0) }, at: now)
    try store.record(issued, for: site, identities: identities, at: now)
    try renewList(at: now)
    return Data(issued.certificate)
  }

  /// Takes back every certificate that says what the topology does not say of its site any more.
  func keepOnly(_ identities: [String: [String]], at now: Date) throws {
    if try store.revokeCertificates(beyond: identities.mapValues { Set($0) }, at: now) { try renewList(at: now) }
  }

  /// Makes the revocation list anew, after certificates were withdrawn.
  func renewList(at now: Date) throws {
    let list = try Self.list(issuer, store, at: now)
    revocationList.withLock { $0 = list }
  }
}

/// A certificate in PEM (RFC 7468).
enum CertificateText {
  private static let begin = "-----BEGIN CERTIFICATE-----"
  private static let end = "-----END CERTIFICATE-----"

  static func encode(_ certificate: [UInt8]) -> String {
    let base64 = Data(certificate).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "\(begin)\n\(base64)\n\(end)\n"
  }

  static func decode(_ text: String) throws(CertificateFault) -> [UInt8] {
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.first == begin[...], lines.last == end[...],
      let data = Data(base64Encoded: lines.dropFirst().dropLast().joined())
    else { throw .unreadable("certificate") }
    return [UInt8](data)
  }
}
