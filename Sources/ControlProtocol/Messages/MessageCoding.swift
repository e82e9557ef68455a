import Foundation

/// How messages and API bodies are written: JSON, dates in ISO 8601 with whole seconds in UTC, members in order.
public enum MessageCoding {
  /// The largest message or body that either end takes, in bytes: 4 MiB.
  public static let maximumBytes = 4 << 20

  /// Writes a value.
  public static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// Reads a value that a peer has sent. Throws `DecodingError`, whatever the bytes are.
  public static func decode<Value: Decodable>(_ type: Value.Type, from data: some Collection<UInt8>) throws -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(data))
  }

  /// What is wrong with bytes that `decode` refused, in one line that quotes nothing of them.
  public static func summary(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "not understood" }
    let (problem, path): (String, [any CodingKey]) =
      switch error {
      case .keyNotFound(let key, let context): ("\(key.stringValue) is missing", context.codingPath)
      case .typeMismatch(let type, let context): ("is no \(type)", context.codingPath)
      case .valueNotFound(_, let context): ("is null", context.codingPath)
      case .dataCorrupted(let context): ("is malformed", context.codingPath)
      @unknown default: ("not understood", [])
      }
    let place = path.map(\.stringValue).joined(separator: ".")
    return place.isEmpty ? problem : "\(place): \(problem)"
  }
}
