import ArgumentParser
import ControlProtocol
import ControllerCore
import Foundation
import Logging

/// `fabric-controller`: keeps the topology, compiles it, and tells each gateway its part.
@main
struct FabricController: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fabric-controller",
    abstract: "Keeps the topology, compiles it, and tells each gateway its part.",
    version: FabricVersion.current, subcommands: [Run.self])
}

/// `fabric-controller run`: serves in the foreground until SIGTERM or SIGINT.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve in the foreground until SIGTERM or SIGINT.")

  @Option(help: "Directory of the database and keys; made with mode 0700.")
  var state = "/var/lib/fabric/controller"

  @Option(help: "Unix socket of the HTTP API; made with mode 0600.")
  var socket = "/run/fabric/controller.sock"

  @Option(help: "ZeroMQ endpoint that agents connect to: tcp://ADDRESS:PORT or ipc://PATH.")
  var listen = "tcp://0.0.0.0:5570"

  @Option(help: "The endpoint as agents see it, where it differs from --listen.")
  var advertise: String?

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: Logger.Level = .info

  func run() async throws {
    // Files and sockets are for their owner alone from their first moment on.
    umask(0o077)
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "fabric-controller")
    logger.logLevel = logLevel
    do {
      let places = ControllerService.Places(state: state, socket: socket, listen: listen, advertise: advertise)
      try await ControllerService(places, logger: logger).run()
    } catch {
      logger.critical("controller stopped: \(error)")
      throw ExitCode.failure
    }
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
