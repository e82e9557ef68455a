import Foundation
import Lab
import LinuxNetworking

/// What a partner proves its identity with, in PEM.
struct PartnerCertificate: Sendable {
  let kind: Suite.Authentication
  let certificate, key: String
  /// The same in PKCS #12, under `password`.
  let archive: Data
  /// The authority of Fabric's certificates.
  let peerAuthority: String

  static let password = "partner"
}

/// Two certification authorities, made by openssl(1): one certifies the partners, the other one is the network's own.
struct TestAuthorities {
  /// The partners' authority in PEM.
  let partners: String
  private let network: String
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("fabric-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try Data("[req]\ndistinguished_name = name\n[name]\n".utf8).write(to: directory.appendingPathComponent("conf"))
    let extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
    let files = (directory, [String]())
    partners = try Self.issue("partners", .ecdsa, extensions, files)
    network = try Self.issue("network", .ecdsa, extensions, files)
  }

  /// A certificate of a partner; nil where it shows none.
  func certificate(_ kind: Suite.Authentication, of identity: String) throws -> PartnerCertificate? {
    guard kind != .psk else { return nil }
    let extensions = [
      "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", "subjectAltName=DNS:\(identity)",
    ]
    let authority = ["-CA", path("partners.pem"), "-CAkey", path("partners.key")]
    let certificate = try Self.issue(identity, kind, extensions, (directory, authority))
    try Program(
      "openssl",
      [
        "pkcs12", "-export", "-in", path("\(identity).pem"), "-inkey", path("\(identity).key"), "-name", "own",
        "-passout", "pass:\(PartnerCertificate.password)", "-out", path("\(identity).p12"),
      ]
    ).run(timeout: .seconds(60))
    return PartnerCertificate(
      kind: kind, certificate: certificate, key: try String(contentsOfFile: path("\(identity).key"), encoding: .utf8),
      archive: try Data(contentsOf: directory.appendingPathComponent("\(identity).p12")), peerAuthority: network)
  }

  /// Puts the network's authority where the lab's controller looks for its own.
  func install() throws {
    let state = URL(fileURLWithPath: LabFiles.controllerState)
    try FileManager.default.createDirectory(
      at: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let key = state.appendingPathComponent("authority.key").path
    try Program(
      "openssl", ["pkcs8", "-topk8", "-nocrypt", "-in", path("network.key"), "-outform", "DER", "-out", key]
    ).run(timeout: .seconds(60))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    let certificate = state.appendingPathComponent("authority.pem")
    try Data(network.utf8).write(to: certificate)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: certificate.path)
  }

  /// Makes a key and its certificate, signed by itself unless `signer` says otherwise; returns the certificate.
  private static func issue(
    _ name: String, _ kind: Suite.Authentication, _ extensions: [String], _ files: (directory: URL, signer: [String])
  ) throws -> String {
    let path = files.directory.appendingPathComponent(name).path
    let algorithm =
      switch kind {
      case .rsa, .rsaPKCS1: ["-newkey", "rsa:2048"]
      case .ed25519: ["-newkey", "ed25519"]
      case .ecdsa, .psk: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
      }
    try Program(
      "openssl",
      ["req", "-x509", "-config", files.directory.appendingPathComponent("conf").path, "-nodes", "-days", "3650"]
        + algorithm + ["-keyout", path + ".key", "-out", path + ".pem", "-subj", "/CN=\(name)"] + files.signer
        + extensions.flatMap { ["-addext", $0] }
    ).run(timeout: .seconds(60))
    return try String(contentsOfFile: path + ".pem", encoding: .utf8)
  }

  private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }
}
