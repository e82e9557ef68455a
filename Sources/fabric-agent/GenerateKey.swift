import ArgumentParser
import ControlProtocol

/// `fabric-agent keygen`.
struct GenerateKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Makes the identity file of a site's agent and prints its public key, for 'fabric' to enrol.")

  @Option(help: "The site that the agent speaks for.") var site: String
  @Option(help: "The controller's ZeroMQ endpoint, such as tcp://192.0.2.10:5570.") var controller: String
  @Option(help: "The controller's public key: 40 characters of Z85.") var controllerKey: String
  @Option(help: "Where the identity is written, readable for its owner alone.") var output: String

  func run() throws {
    guard let controllerKey = CurvePublicKey(controllerKey) else {
      throw ValidationError("'\(controllerKey)' is not a public key of 40 Z85 characters")
    }
    let keys = try CurveKeyPair.generate()
    let identity = AgentIdentity(
      site: site, controllerEndpoint: controller, controllerPublicKey: controllerKey, keys: keys)
    try identity.write(to: output)
    print(keys.publicKey)
  }
}
