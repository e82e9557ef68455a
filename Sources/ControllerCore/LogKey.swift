import Logging

/// The metadata keys of the controller's log: every field has one name everywhere.
enum LogKey: String {
  case site, revision, origin, topology, key, reason, error, endpoint, socket, agentVersion
}

extension Logger.Metadata {
  /// Metadata from typed keys.
  static func fields(_ fields: KeyValuePairs<LogKey, String>) -> Logger.Metadata {
    Logger.Metadata(uniqueKeysWithValues: fields.map { ($0.key.rawValue, .string($0.value)) })
  }
}
