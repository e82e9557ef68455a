import AgentCore
import ArgumentParser
import ControlProtocol
import Logging

/// `fabric-agent run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the agent in the foreground until SIGTERM.",
    discussion: """
      The agent starts from the last configuration that it accepted, with or without its controller. It must be root.
      When it stops, traffic for other sites is dropped, not sent in clear text.
      """)

  @Option(help: "The identity file that 'fabric-agent keygen' made.") var identity: String
  @Option(help: "The directory that keeps the configuration.") var state: String
  @Option(help: "The name of the FRR instance, distinct on one machine; the site's name if not given.")
  var name: String?

  func run() throws {
    let identity = try AgentIdentity.load(identity)
    let settings = AgentSettings(
      identity: identity, stateDirectory: state, name: name ?? identity.site, version: FabricVersion.current)
    try Supervisor.run(settings, logger: AgentLogging.logger(site: identity.site))
  }
}
