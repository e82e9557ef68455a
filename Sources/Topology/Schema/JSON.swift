/// JSON whose members keep their order, so that the schema reads like the model.
indirect enum JSON {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case array([JSON])
  case object([(String, JSON)])

  /// The text, two spaces a level.
  func text(indentation: String = "") -> String {
    let inner = indentation + "  "
    switch self {
    case .string(let value): return JSON.quoted(value)
    case .integer(let value): return "\(value)"
    case .boolean(let value): return value ? "true" : "false"
    case .array(let items):
      return "[" + items.map { $0.text(indentation: inner) }.joined(separator: ", ") + "]"
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let lines = members.map { "\(inner)\(JSON.quoted($0.0)): \($0.1.text(indentation: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
