import AgentCore
import ArgumentParser

/// `fabric-agent status`.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what this gateway last observed, as JSON, also when its controller is away.")

  @Option(help: "The agent's state directory.") var state: String

  func run() throws {
    guard let status = try StatusFile.read(directory: state) else {
      throw ValidationError("there is no status in \(state): no agent has run a configuration from it yet")
    }
    print(status)
  }
}
