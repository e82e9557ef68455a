import Logging

/// The keys of log metadata: one vocabulary, so that every line about a tunnel is found by the same key.
public enum LogKey: String, Sendable {
  /// The site of this gateway.
  case site
  /// The role that writes or is written about.
  case role
  /// A tunnel's name.
  case tunnel
  /// An uplink's name.
  case uplink
  /// A network interface.
  case interface
  /// A topology revision.
  case revision
  /// An IP address or endpoint.
  case address
  /// A stage of a tunnel.
  case stage
  /// Why something is so, in words.
  case cause
  /// A process id.
  case process
  /// A program or daemon.
  case program
  /// A file's path.
  case path
  /// A count of things.
  case count
  /// A time span.
  case delay
}

extension Logger.Metadata {
  /// Metadata from named values, by the keys of `LogKey`.
  static func fields(_ fields: KeyValuePairs<LogKey, Any>) -> Logger.Metadata {
    Logger.Metadata(
      fields.map { ($0.key.rawValue, .string("\($0.value)")) }, uniquingKeysWith: { _, last in last })
  }
}
