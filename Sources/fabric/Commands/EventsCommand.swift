import ArgumentParser
import ControlProtocol

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows when traffic moved from one tunnel to another, why, and what it cost.")

  @Argument(help: "Only this site's.")
  var site: String?
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let report = SwitchReport(status: try await controller.client.status(), site: site)
    if let site, !report.status.sites.contains(where: { $0.site == site }) {
      throw CommandFailure(.invalid, "no site is called '\(site)'")
    }
    let bySite = Dictionary(grouping: report.switches) { $0.site }.mapValues { $0.map(\.change) }
    try output.print(bySite) { report.lines($0) }
  }
}
