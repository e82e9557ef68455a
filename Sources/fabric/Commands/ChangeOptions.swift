import ArgumentParser
import ControlProtocol
import Glibc

/// What `apply` and `rollback` have in common: to ask first, to follow the change, and to say how it ended.
struct ChangeOptions: ParsableArguments {
  @Flag(help: "Do not ask.")
  var yes = false
  @Option(help: "How long the sites may take: 90s, 2m, ….")
  var timeout = DurationArgument.seconds(90)
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  /// Asks on the terminal. Throws unless the operator agrees, and where there is nobody to ask.
  func confirm(_ verb: String) throws {
    if yes { return }
    guard isatty(STDIN_FILENO) == 1 else {
      throw CommandFailure(.invalid, "nobody to ask whether to \(verb): say --yes")
    }
    print("\(verb)? [y/N] ", terminator: "")
    fflush(nil)
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
      throw CommandFailure(.failed, "nothing was changed")
    }
  }

  /// Shows the sites' progress, then a table. Throws unless every site has converged.
  func follow(_ applied: API.Applied, _ client: ControllerClient) async throws {
    let watch = ConvergenceWatch(client: client, revision: applied.revision, timeout: timeout.duration)
    let status = try await watch.run(output.report)
    try output.print(status) {
      ConvergenceReport(status: status, revision: applied.revision, palette: $0).lines
    }
    if !status.hasConverged(on: applied.revision) { throw ExitCode(CommandStatus.failed.rawValue) }
  }
}
