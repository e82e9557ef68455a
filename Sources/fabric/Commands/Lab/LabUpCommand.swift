import ArgumentParser
import ControlProtocol
import Foundation
import Lab
import Topology

struct LabUpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Builds the sites of a topology, applies it there, and waits until all hosts reach each other.")

  @OptionGroup var topology: TopologyArgument
  @Option(help: "How long the sites may take: 90s, 2m, ….")
  var timeout = DurationArgument.seconds(90)
  @Flag(help: "Build and address the bare network, without controller and agents.")
  var networkOnly = false
  @OptionGroup var output: OutputOption

  func run() async throws {
    let text = try topology.text()
    let lab = try Lab.up(text, file: topology.file, addressing: networkOnly ? .allSites : .unmanagedSites)
    output.report("built \(lab.topology.sites.count) sites in \(lab.plan.namespaces.count) network namespaces")
    if networkOnly { return }
    var network = LabNetworkStart(lab: lab, report: output.report)
    try await network.startController()
    try await network.startAgents()
    let isUp = try await converge(text, network.lab)
    if !isUp { throw ExitCode(CommandStatus.failed.rawValue) }
  }

  /// Applies the topology, follows the stages of every site, then tries the network from host to host.
  private func converge(_ text: String, _ lab: Lab) async throws -> Bool {
    let applied = try await ControllerClient.lab.apply(text)
    let watch = ConvergenceWatch(client: .lab, revision: applied.revision, timeout: timeout.duration)
    let status = try await watch.run(output.report)
    let pings = try await PingMatrix.run(lab.plan)
    try output.print(Outcome(network: status, pings: pings)) { palette in
      ConvergenceReport(status: status, revision: applied.revision, palette: palette).lines + [""]
        + PingReport(matrix: pings, palette: palette).lines
    }
    return status.hasConverged(on: applied.revision) && pings.isComplete
  }

  private struct Outcome: Encodable {
    let network: API.NetworkStatus
    let pings: PingMatrix
  }
}

/// Starts the programs of a lab: the controller, then an agent in each managed gateway, known to the controller.
struct LabNetworkStart {
  private(set) var lab: Lab
  let report: (String) -> Void

  init(lab: Lab, report: @escaping (String) -> Void) {
    self.lab = lab
    self.report = report
  }

  /// Starts the controller and waits until its API answers.
  mutating func startController() async throws {
    try lab.start("controller", LabPrograms.controller)
    for _ in 0..<100 {
      try lab.checkRuns("controller")
      if (try? await ControllerClient.lab.version()) != nil { return report("the controller runs") }
      try await Task.sleep(for: .milliseconds(100))
    }
    _ = try await ControllerClient.lab.version()
  }

  /// Gives each agent its keys, tells the controller, and starts the agent.
  mutating func startAgents() async throws {
    let sites = lab.topology.sites.filter(\.isManaged).map(\.name)
    for site in sites {
      let keys = try CurveKeyPair.generate()
      let controller = try await ControllerClient.lab.enrol(site: site, publicKey: keys.publicKey.description)
      try LabPrograms.writeIdentity(site: site, keys: keys, controller: controller)
      try lab.start(site, LabPrograms.agent(site))
    }
    report("the agents of \(sites.joined(separator: ", ")) run")
  }
}
