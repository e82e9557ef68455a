import ArgumentParser
import Topology

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what applying a topology would change, by site and tunnel.")

  @OptionGroup var topology: TopologyArgument
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let text = try topology.text()
    _ = try TopologyDocument.parse(text, file: topology.file)
    let plan = try await controller.client.plan(text)
    try output.print(plan) { PlanReport(plan: plan, palette: $0).lines }
  }
}
