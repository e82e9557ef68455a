import ArgumentParser
import Topology

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Checks a topology file, without root, controller or network.")

  @OptionGroup var topology: TopologyArgument
  @OptionGroup var output: OutputOption

  func run() throws {
    do {
      let document = try TopologyDocument.parse(topology.text(), file: topology.file)
      try output.print(ValidationReport(document, file: topology.file)) { _ in
        ["\(topology.file): valid: \(document.sites.count) sites, \(document.links.count) links"]
      }
    } catch let failure as ValidationFailure where output.output == .json {
      try output.print(ValidationReport(failure)) { _ in failure.lines }
      throw ExitCode(CommandStatus.invalid.rawValue)
    }
  }
}

/// What `validate -o json` prints, for editors and pipelines.
struct ValidationReport: Encodable {
  let file: String
  let isValid: Bool
  var sites: Int?
  var links: Int?
  let errors: [Fault]

  /// One fault; `line` and `column` count from 1 and are 0 where the fault is the file as a whole.
  struct Fault: Encodable {
    let line: Int
    let column: Int
    let message: String
    let suggestion: String?
  }

  /// The report on a valid file.
  init(_ document: TopologyDocument, file: String) {
    self.file = file
    isValid = true
    sites = document.sites.count
    links = document.links.count
    errors = []
  }

  /// The report on an invalid file.
  init(_ failure: ValidationFailure) {
    file = failure.file
    isValid = false
    errors = failure.diagnostics.map {
      Fault(line: $0.line, column: $0.column, message: $0.message, suggestion: $0.suggestion)
    }
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of topology files, for editors.")

  func run() { print(JSONSchema.text) }
}
