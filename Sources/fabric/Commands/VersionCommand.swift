import ArgumentParser
import ControlProtocol

struct VersionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Prints the versions of this command and of the controller.")

  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func run() async throws {
    let versions = Versions(fabric: FabricVersion.current, controller: try? await controller.client.version().version)
    try output.print(versions) { _ in
      ["fabric \(versions.fabric)", "controller \(versions.controller ?? "not reachable")"]
    }
  }

  private struct Versions: Encodable {
    let fabric: String
    let controller: String?
  }
}
