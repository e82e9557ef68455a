import ArgumentParser
import Foundation

/// `fabric`: runs a whole IPsec network from one file.
@main
struct FabricCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fabric",
    abstract: "Runs a whole IPsec network from one file.",
    discussion: """
      EXIT STATUS
        0   done; for apply, rollback, status and lab up: every site has converged
        1   not converged, or failed
        2   the topology or the request is invalid
        3   the controller cannot be reached
        64  wrong usage
      """,
    subcommands: [
      ValidateCommand.self, PlanCommand.self, ApplyCommand.self, StatusCommand.self, ShowCommand.self,
      EventsCommand.self, HistoryCommand.self, RollbackCommand.self, IdentityCommand.self, EnrolCommand.self,
      RevokeCommand.self, LabCommand.self, SchemaCommand.self, VersionCommand.self,
    ])

  /// Runs the command line and turns every error into one message and the documented exit status.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      guard let failure = CommandFailure(describing: error) else { exit(withError: error) }
      writeError(failure.message)
      Foundation.exit(failure.status.rawValue)
    }
  }
}

/// Writes lines to standard error, where they disturb no output that is being parsed.
func writeError(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }
