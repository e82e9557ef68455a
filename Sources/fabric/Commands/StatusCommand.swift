import ArgumentParser
import ControlProtocol
import Glibc

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows every site and tunnel, and what stands in the way.")

  @Flag(name: .shortAndLong, help: "Show it again every second, until ^C.")
  var watch = false
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    while true {
      let status = try await controller.client.status()
      if watch, Palette.standardOutput.isColoured { print("\u{1B}[H\u{1B}[2J", terminator: "") }
      try output.print(status) { StatusReport(status: status, palette: $0).lines }
      fflush(nil)
      guard watch else {
        if !status.hasConverged(on: status.revision) { throw ExitCode(CommandStatus.failed.rawValue) }
        return
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows everything about a tunnel, from both of its ends.")

  @Argument(help: "The tunnel's name; see 'fabric status'.")
  var tunnel: String
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let status = try await controller.client.status()
    let report = TunnelReport(name: tunnel, status: status, palette: .standardOutput)
    guard !report.ends.isEmpty else {
      throw CommandFailure(
        .invalid, "no tunnel is called '\(tunnel)'; there are:\n  \(report.known.joined(separator: "\n  "))")
    }
    let ends = Dictionary(report.ends.map { ($0.site, $0.tunnel) }) { first, _ in first }
    try output.print(ends) { _ in report.lines }
  }
}
