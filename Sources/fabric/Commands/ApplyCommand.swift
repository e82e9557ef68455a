import ArgumentParser
import ControlProtocol
import Topology

struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Makes the network what a topology file says, and waits until it is.")

  @OptionGroup var topology: TopologyArgument
  @OptionGroup var change: ChangeOptions

  func run() async throws {
    let text = try topology.text()
    _ = try TopologyDocument.parse(text, file: topology.file)
    let client = change.controller.client
    let plan = try await client.plan(text)
    PlanReport(plan: plan, palette: .standardOutput).lines.forEach(change.output.report)
    if !plan.changes.isEmpty { try change.confirm("apply") }
    try await change.follow(client.apply(text), client)
  }
}

struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Makes the network what an earlier revision said, as a new revision.")

  @Argument(help: "The revision to go back to; see 'fabric history'.")
  var revision: Int
  @OptionGroup var change: ChangeOptions

  func run() async throws {
    let client = change.controller.client
    let plan = try await client.plan(client.topology(revision: revision))
    PlanReport(plan: plan, palette: .standardOutput).lines.forEach(change.output.report)
    try change.confirm("roll back")
    try await change.follow(client.rollback(to: revision), client)
  }
}
