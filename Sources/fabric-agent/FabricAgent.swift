import AgentCore
import ArgumentParser
import ControlProtocol
import Logging

/// The agent of a gateway.
@main
struct FabricAgent: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fabric-agent",
    abstract: "Runs this gateway as a site of a Fabric network.",
    version: FabricVersion.current,
    subcommands: [Run.self, GenerateKey.self, Status.self])

  @Option(help: .hidden) var role: String?
  @Option(help: .hidden) var roleState = ""
  @Option(help: .hidden) var roleName = ""

  /// Parses the arguments; a DHCP client that runs the agent as its script has arguments of its own.
  static func main() {
    if let event = DHCPEvent(commandLine: CommandLine.arguments) { return event.forward() }
    AgentLogging.start()
    main(nil)
  }

  /// Becomes one of the supervisor's roles.
  func run() throws {
    guard let role else { throw CleanExit.helpRequest(self) }
    guard let role = Role(rawValue: role) else { throw ValidationError("there is no role '\(role)'") }
    let logger = AgentLogging.logger(for: role)
    switch role {
    case .ike: try IKERole.run(logger: logger)
    case .esp: try ESPRole.run(logger: logger)
    case .link: try LinkRole.run(stateDirectory: roleState, name: roleName, logger: logger)
    }
  }
}
