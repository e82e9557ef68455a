import Logging

/// The metadata keys of the controller's log: every field has one name everywhere.
enum LogKey: String {
  case site, claimedSite, revision, origin, topology, key, reason, error, endpoint, socket, agentVersion, count
}

extension Logger.Metadata {
  /// Metadata from typed keys. Values may come from a peer: line breaks and the like are escaped, so that nobody forges
  /// a line of the log.
  static func fields(_ fields: KeyValuePairs<LogKey, String>) -> Logger.Metadata {
    Logger.Metadata(
      uniqueKeysWithValues: fields.map { field in
        let scalars = field.value.unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return (field.key.rawValue, .string(scalars.joined()))
      })
  }
}
