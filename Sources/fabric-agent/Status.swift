import AgentCore
import ArgumentParser

/// `fabric-agent status`.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints what this gateway last observed, as JSON, also when its controller is away.")

  @Option(help: "The agent's state directory.") var state: String

  func run() throws { print(try StatusFile.read(directory: state)) }
}
