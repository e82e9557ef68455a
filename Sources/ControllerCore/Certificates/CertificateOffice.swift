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
  private struct Publication {
    var authority: CertificationAuthority
    /// The list of what was taken back, made anew with every change.
    var revocationList: Data
  }

  private let directory: StateDirectory
  private let store: Store
  /// What everybody may know.
  private let publication: Mutex<Publication>

  /// Takes up the authority of a state directory, or founds one there.
  init(_ directory: StateDirectory, _ store: Store, at now: Date = Date()) throws {
    self.directory = directory
    self.store = store
    let authority = try Self.takeUp(directory, at: now)
    publication = Mutex(
      Publication(authority: authority, revocationList: try Self.list(authority, store, at: now)))
  }

  private static func takeUp(_ directory: StateDirectory, at now: Date) throws -> CertificationAuthority {
    if FileManager.default.fileExists(atPath: directory.authorityKeyFile) {
      let key = try SigningKey(der: SecretBytes(PrivateFile.read(directory.authorityKeyFile)))
      let text = String(decoding: try PrivateFile.read(directory.authorityCertificateFile), as: UTF8.self)
      let authority = try CertificationAuthority(certificate: CertificateText.decode(text), key: key)
      return try renewed(authority, directory, at: now)
    }
    let key = try SigningKey.generate(.ecdsaP384)
    // Part of the name, so that peers can tell two networks' authorities apart.
    let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
    let authority = try CertificationAuthority.found(named: "Fabric authority \(suffix)", key: key, at: now)
    // The certificate first: a key without one would be an authority that nobody knows.
    try write(authority, directory)
    try PrivateFile.write(key.der.withUnsafeBytes { Data($0) }, to: directory.authorityKeyFile)
    return authority
  }

  /// The authority, which renews its own certificate before that would cut short what it issues. Each gateway asks at least
  /// once while a certificate lasts, and so hears of it long before the old one ends.
  private static func renewed(
    _ authority: CertificationAuthority, _ directory: StateDirectory, at now: Date
  ) throws -> CertificationAuthority {
    guard let renewed = try authority.renewed(at: now) else { return authority }
    try write(renewed, directory)
    return renewed
  }

  private static func write(_ authority: CertificationAuthority, _ directory: StateDirectory) throws {
    try PrivateFile.write(
      Data(CertificateText.encode(authority.certificate).utf8), to: directory.authorityCertificateFile)
  }

  private static func list(_ authority: CertificationAuthority, _ store: Store, at now: Date) throws -> Data {
    // Lists are numbered by the second: none is made twice within one with another content.
    let number = Int(now.timeIntervalSince1970)
    return Data(try authority.revocationList(of: store.revokedCertificates(at: now), number: number, at: now))
  }

  /// What agents are told of the authority.
  var authority: ControllerMessage {
    publication.withLock {
      .authority(certificate: Data($0.authority.certificate), revocationList: $0.revocationList)
    }
  }

  /// Certifies the key of a request with the identities that the topology gives the site, in place of what the site had
  /// before; nil if it has none to prove.
  func certify(_ request: Data, of site: String, identities: [String], at now: Date) throws -> Data? {
    guard !identities.isEmpty else { return nil }
    let request = try SigningRequest(der: [UInt8](request))
    let authority = try publication.withLock { publication in
      publication.authority = try Self.renewed(publication.authority, directory, at: now)
      return publication.authority
    }
    let issued = try authority.issue(
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
    try publication.withLock { publication in
      publication.revocationList = try Self.list(publication.authority, store, at: now)
    }
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
