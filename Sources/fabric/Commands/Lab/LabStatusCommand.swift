import ArgumentParser
import ControlProtocol
import Lab

struct LabStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows the lab's programs and lines, and the network's status.")

  @OptionGroup var output: OutputOption

  func run() async throws {
    let lab = try Lab.running()
    let network = try? await ControllerClient.lab.status()
    try output.print(LabStatus(lab: lab.state, network: network)) { palette in
      LabStatus.lines(lab.state, palette) + [""]
        + (network.map { StatusReport(status: $0, palette: palette).lines } ?? ["the controller is not reachable"])
    }
  }

  private struct LabStatus: Encodable {
    let lab: LabState
    let network: API.NetworkStatus?

    static func lines(_ state: LabState, _ palette: Palette) -> [String] {
      var table = Table("PROGRAM", "STATE", "PID", "LOG")
      for (name, process) in state.processes.sorted(by: { $0.key < $1.key }) {
        let isRunning = process.identity?.isRunning == true
        table.add(
          .init(name), isRunning ? .init("running", .good) : .init("ended", .bad),
          .init(process.identity.map { "\($0.identifier)" } ?? ""), .init(LabFiles.log(of: name), .faint))
      }
      let cuts = state.cuts.sorted { $0.key < $1.key }.map { line, cut in
        palette.paint("cut: \(line.dropFirst(LabNames.prefix.count)) (\(cut))", .waiting)
      }
      return table.lines(palette) + cuts
    }
  }
}

extension ControllerClient {
  /// The controller of the lab.
  static var lab: ControllerClient { ControllerClient(socket: LabFiles.controllerSocket) }
}
