import Foundation

/// Who a gateway's agent is, and which controller it obeys: the file that `fabric-agent keygen` makes.
///
/// The file is JSON, mode 0600: `{"site", "controllerEndpoint", "controllerPublicKey", "publicKey", "secretKey"}`.
public struct AgentIdentity: Sendable {
  /// The site that the agent speaks for.
  public let site: String
  /// The ZeroMQ endpoint of the controller: `tcp://192.0.2.10:5570`, or `ipc:///path` on the same machine.
  public let controllerEndpoint: String
  /// The only key that the agent takes configurations from.
  public let controllerPublicKey: CurvePublicKey
  /// The agent's own keys; the controller knows the public one by `PUT /v1/sites/NAME/agent`.
  public let keys: CurveKeyPair

  /// An identity.
  public init(site: String, controllerEndpoint: String, controllerPublicKey: CurvePublicKey, keys: CurveKeyPair) {
    self.site = site
    self.controllerEndpoint = controllerEndpoint
    self.controllerPublicKey = controllerPublicKey
    self.keys = keys
  }

  private struct File: Codable {
    var site: String
    var controllerEndpoint: String
    var controllerPublicKey: CurvePublicKey
    var publicKey: String
    var secretKey: String
  }

  /// Reads an identity file. Throws if it is missing, readable for others, or malformed.
  public static func load(_ path: String) throws(PrivateFile.Failure) -> AgentIdentity {
    let file: File = try KeyFile.load(path)
    return AgentIdentity(
      site: file.site, controllerEndpoint: file.controllerEndpoint, controllerPublicKey: file.controllerPublicKey,
      keys: try KeyFile.pair(public: file.publicKey, secret: file.secretKey, path))
  }

  /// Writes the identity file, atomically, mode 0600.
  public func write(to path: String) throws(PrivateFile.Failure) {
    let file = File(
      site: site, controllerEndpoint: controllerEndpoint, controllerPublicKey: controllerPublicKey,
      publicKey: keys.publicKey.description, secretKey: keys.secretKey.text)
    try KeyFile.write(file, to: path)
  }
}

/// The controller's long-term keys: the file `controller.key` in its state directory.
///
/// The file is JSON, mode 0600: `{"publicKey", "secretKey"}`.
public enum ControllerKeys {
  private struct File: Codable {
    var publicKey: String
    var secretKey: String
  }

  /// Reads the keys, or generates and saves them on the first start.
  ///
  /// A file that exists and cannot be read is an error, never a reason for new keys: every agent would refuse them.
  public static func loadOrGenerate(_ path: String) throws(PrivateFile.Failure) -> CurveKeyPair {
    if FileManager.default.fileExists(atPath: path) {
      let file: File = try KeyFile.load(path)
      return try KeyFile.pair(public: file.publicKey, secret: file.secretKey, path)
    }
    guard let keys = try? CurveKeyPair.generate() else {
      throw PrivateFile.Failure(path, "cannot generate keys: this libzmq has no CURVE")
    }
    try KeyFile.write(File(publicKey: keys.publicKey.description, secretKey: keys.secretKey.text), to: path)
    return keys
  }
}

/// What both key files have in common.
private enum KeyFile {
  static func load<File: Decodable>(_ path: String) throws(PrivateFile.Failure) -> File {
    let data = try PrivateFile.read(path, limit: 64 << 10)
    // The decoder's own message could quote the file, and so the secret.
    guard let file = try? JSONDecoder().decode(File.self, from: data) else {
      throw PrivateFile.Failure(path, "is malformed: a member is missing or is not what it should be")
    }
    return file
  }

  static func write(_ file: some Encodable, to path: String) throws(PrivateFile.Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(file) else { throw PrivateFile.Failure(path, "cannot be encoded") }
    try PrivateFile.write(data, to: path)
  }

  static func pair(
    public publicText: String, secret secretText: String, _ path: String
  ) throws(PrivateFile.Failure) -> CurveKeyPair {
    guard let pair = CurveKeyPair(public: publicText, secret: secretText) else {
      throw PrivateFile.Failure(path, "is malformed: its keys are no CURVE keys, or do not belong together")
    }
    return pair
  }
}
