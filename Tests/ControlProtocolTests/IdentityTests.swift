import Foundation
import Testing

@testable import ControlProtocol

@Suite("Identity files")
struct IdentityTests {
  /// A path in a directory of its own.
  private func path() throws -> String {
    let directory = FileManager.default.temporaryDirectory.appending(path: "fabric-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    return directory.appending(path: "agent.identity").path
  }

  private func identity() throws -> AgentIdentity {
    AgentIdentity(
      site: "paris", controllerEndpoint: "tcp://192.0.2.1:5570",
      controllerPublicKey: try CurveKeyPair.generate().publicKey, keys: try CurveKeyPair.generate())
  }

  @Test("an identity survives its file, which only its owner can read")
  func roundTrip() throws {
    let path = try path()
    let identity = try identity()
    try identity.write(to: path)
    try identity.write(to: path)
    let loaded = try AgentIdentity.load(path)
    #expect(loaded.site == "paris")
    #expect(loaded.controllerEndpoint == identity.controllerEndpoint)
    #expect(loaded.controllerPublicKey == identity.controllerPublicKey)
    #expect(loaded.keys.publicKey == identity.keys.publicKey)
    #expect(loaded.keys.secretKey.text == identity.keys.secretKey.text)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("a file that others can read is refused", arguments: [0o640, 0o604, 0o660])
  func accessibleFileIsRefused(mode: Int) throws {
    let path = try path()
    try identity().write(to: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect(throws: PrivateFile.Failure.self) { try AgentIdentity.load(path) }
  }

  @Test("a missing, malformed or mismatched file is an error that does not quote the secret")
  func malformedFiles() throws {
    let path = try path()
    #expect(throws: PrivateFile.Failure.self) { try AgentIdentity.load(path) }
    let identity = try identity()
    let other = try CurveKeyPair.generate()
    for text in [
      "", "{", "[]", identityJSON(identity, secret: other.secretKey.text), identityJSON(identity, secret: "x"),
    ] {
      try PrivateFile.write(Data(text.utf8), to: path)
      let failure = #expect(throws: PrivateFile.Failure.self) { try AgentIdentity.load(path) }
      #expect(failure?.description.contains(other.secretKey.text) == false)
    }
  }

  private func identityJSON(_ identity: AgentIdentity, secret: String) -> String {
    """
    {"site": "paris", "controllerEndpoint": "tcp://192.0.2.1:5570", "controllerPublicKey":
    "\(identity.controllerPublicKey)", "publicKey": "\(identity.keys.publicKey)", "secretKey": "\(secret)"}
    """
  }

  @Test("the controller keeps its keys over a restart and never replaces a damaged file")
  func controllerKeys() throws {
    let path = try path()
    let first = try ControllerKeys.loadOrGenerate(path)
    #expect(try ControllerKeys.loadOrGenerate(path).publicKey == first.publicKey)
    try PrivateFile.write(Data("{}".utf8), to: path)
    #expect(throws: PrivateFile.Failure.self) { try ControllerKeys.loadOrGenerate(path) }
  }

  @Test("a secret key has no description")
  func secretsAreNotPrinted() throws {
    let keys = try CurveKeyPair.generate()
    #expect(!String(describing: keys).contains(keys.secretKey.text))
    #expect(!String(reflecting: keys).contains(keys.secretKey.text))
  }

  @Test(
    "a public key is 40 characters of Z85 and nothing else",
    arguments: ["", "short", String(repeating: "\u{7f}", count: 40), String(repeating: "é", count: 20)])
  func malformedKeys(text: String) {
    #expect(CurvePublicKey(text) == nil)
  }
}
