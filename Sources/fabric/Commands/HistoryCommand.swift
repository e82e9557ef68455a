import ArgumentParser
import ControlProtocol
import Foundation

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Lists the revisions that were applied, the newest first.")

  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let revisions = try await controller.client.revisions().sorted { $0.number > $1.number }
    try output.print(revisions) { palette in
      var table = Table("REVISION", "WHEN", "ORIGIN", "TOPOLOGY", "SHA-256")
      for revision in revisions {
        table.add(
          .init("\(revision.number)" + (revision.isCurrent ? " *" : ""), revision.isCurrent ? .good : .plain),
          .init(revision.createdAt.formatted(.iso8601)), .init(revision.origin), .init(revision.topology),
          .init(String(revision.digest.prefix(12)), .faint))
      }
      return revisions.isEmpty ? ["no topology is applied yet: fabric apply FILE"] : table.lines(palette)
    }
  }
}
