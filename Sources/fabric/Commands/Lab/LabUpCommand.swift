import ArgumentParser
import ControlProtocol
import Lab
import Topology

struct LabUpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Builds the sites of a topology, applies it there, and waits until all hosts reach each other.")

  @OptionGroup var topology: TopologyArgument
  @Flag(help: "Build the network alone; 'fabric lab start' does the rest.")
  var noStart = false
  @OptionGroup var start: LabStartOptions

  func run() async throws {
    let lab = try Lab.up(topology.text(), file: topology.file)
    start.output.report("built \(lab.topology.sites.count) sites in \(lab.plan.namespaces.count) network namespaces")
    if !noStart { try await start.run(lab) }
  }
}

struct LabStartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Starts controller and agents in a lab that was built with --no-start.")

  @OptionGroup var start: LabStartOptions

  func run() async throws { try await start.run(Lab.running()) }
}

/// How a lab's programs are started and followed.
struct LabStartOptions: ParsableArguments {
  @Option(help: "How long the sites may take: 90s, 2m, ….")
  var timeout = DurationArgument.seconds(90)
  @OptionGroup var output: OutputOption

  /// Starts the controller and the agents, applies the topology, follows the stages of every site, then tries the
  /// network from host to host. Throws unless everything works; the lab stays up to be looked at.
  func run(_ lab: Lab) async throws {
    var lab = lab
    try await lab.startController(output.report)
    try await lab.startAgents(output.report)
    let applied = try await ControllerClient.lab.apply(lab.topologyText())
    let watch = ConvergenceWatch(client: .lab, revision: applied.revision, timeout: timeout.duration)
    let status = try await watch.run(output.report)
    let pings = try PingMatrix.run(lab.plan)
    try output.print(Outcome(network: status, pings: pings)) { palette in
      ConvergenceReport(status: status, revision: applied.revision, palette: palette).lines + [""]
        + PingReport(matrix: pings, palette: palette).lines
    }
    guard status.hasConverged(on: applied.revision), pings.isComplete else {
      throw ExitCode(CommandStatus.failed.rawValue)
    }
  }

  private struct Outcome: Encodable {
    let network: API.NetworkStatus
    let pings: PingMatrix
  }
}
