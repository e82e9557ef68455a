import ArgumentParser
import ControlProtocol
import Lab

struct LabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Runs a whole network on this machine, in network namespaces (as root).",
    subcommands: [
      LabUpCommand.self, LabStartCommand.self, LabDownCommand.self, LabStatusCommand.self, LabPingCommand.self,
      LabExecCommand.self,
      LabCutCommand.self, LabMendCommand.self, LabRebindCommand.self, LabRestartCommand.self,
    ])
}

struct LabDownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Takes the lab down and leaves nothing behind, also after a crash.")

  func run() throws { try Lab.down() }
}

struct LabExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Runs a command inside the lab.",
    usage: "fabric lab exec NAME -- COMMAND…")

  @Argument(help: "SITE for its gateway, SITE-host, isp-SITE-UPLINK, internet or controller.")
  var name: String
  @Argument(parsing: .postTerminator, help: "The command and its arguments.")
  var command: [String]

  func run() throws { try Lab.running().execute(command, in: name) }
}

/// An ISP line of the lab.
struct LineArguments: ParsableArguments {
  @Argument(help: "The site.") var site: String
  @Argument(help: "The uplink of the site.") var uplink: String
}

struct LabCutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cut", abstract: "Takes an ISP line down.")

  @OptionGroup var line: LineArguments
  @Flag(help: "Leave the link up and swallow every packet.")
  var silent = false
  @Option(help: "Lose only so many packets in a hundred.")
  var loss: Int?

  func validate() throws {
    if silent, loss != nil { throw ValidationError("a line that swallows everything loses more than a part") }
    if let loss, !(1...99).contains(loss) { throw ValidationError("a loss is from 1 to 99 packets in a hundred") }
  }

  func run() throws {
    var lab = try Lab.running()
    let cut = loss.map { LabState.Cut.lossy(percent: $0) } ?? (silent ? .silent : .link)
    try lab.cut(site: line.site, uplink: line.uplink, cut)
  }
}

struct LabMendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mend", abstract: "Brings an ISP line back.")

  @OptionGroup var line: LineArguments

  func run() throws {
    var lab = try Lab.running()
    try lab.mend(site: line.site, uplink: line.uplink)
  }
}

struct LabRebindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebind", abstract: "Has the NAT of an ISP line forget its mappings and make others.")

  @OptionGroup var line: LineArguments
  @Flag(help: "Translate to another address of the ISP, not only to another port.")
  var address = false

  func run() throws {
    var lab = try Lab.running()
    try lab.rebind(site: line.site, uplink: line.uplink, toOtherAddress: address)
  }
}

struct LabRestartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Starts the agent of a site, or the controller, again.")

  @Argument(help: "A site, or 'controller'.")
  var name: String

  func run() throws {
    var lab = try Lab.running()
    try lab.restart(name)
  }
}

struct LabPingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Pings between all LAN hosts.")

  @OptionGroup var output: OutputOption

  func run() throws {
    let matrix = try PingMatrix.run(Lab.running().plan)
    try output.print(matrix) { PingReport(matrix: matrix, palette: $0).lines }
    if !matrix.isComplete { throw ExitCode(CommandStatus.failed.rawValue) }
  }
}
