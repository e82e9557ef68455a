import ArgumentParser
import Topology

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Checks a topology file, without root, controller or network.")

  @OptionGroup var topology: TopologyArgument

  func run() throws {
    let document = try TopologyDocument.parse(topology.text(), file: topology.file)
    print("\(topology.file): valid: \(document.sites.count) sites, \(document.links.count) links")
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of topology files, for editors.")

  func run() { print(JSONSchema.text) }
}
