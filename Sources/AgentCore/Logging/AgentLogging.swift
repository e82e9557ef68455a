import Logging
import LinuxNetworking

/// How the agent's processes log: one line an event, on standard error.
public enum AgentLogging {
  /// To be called once, first. `FABRIC_LOG_LEVEL` sets the level: `debug`, `info` (the default), `warning`, ….
  public static func start() {
    let level = Program.currentEnvironment["FABRIC_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) } ?? .info
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    }
  }

  /// The supervisor's logger.
  public static func logger(site: String) -> Logger {
    var logger = Logger(label: "fabric-agent")
    logger[metadataKey: LogKey.site.rawValue] = .string(site)
    return logger
  }

  /// A role's logger.
  public static func logger(for role: Role) -> Logger { Logger(label: "fabric-agent.\(role.rawValue)") }
}
