import ArgumentParser
import ControlProtocol

struct IdentityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity",
    abstract: "Prints what a new gateway must know of the controller, for 'fabric-agent keygen'.",
    discussion: "Neither is a secret. The key has characters that shells treat specially: put it in single quotes.")

  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let identity = try await controller.client.identity()
    try output.print(identity) { _ in ["endpoint    \(identity.endpoint)", "public key  \(identity.publicKey)"] }
  }
}
