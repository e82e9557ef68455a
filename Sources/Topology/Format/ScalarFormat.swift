import Foundation

/// How one kind of single value is written: read by the parser, described to editors by the schema.
struct ScalarFormat<Value: Sendable>: Sendable {
  /// What belongs here, for errors: `a duration such as 3600s, 60m or 24h`.
  let expectation: String
  /// What the schema says of it.
  let shape: ScalarShape
  /// Reads the text, or says what is wrong with it.
  let read: @Sendable (String) -> Result<Value, Misfit>

  /// A format whose only error is that the text is not what was expected.
  init(_ expectation: String, _ shape: ScalarShape, read: @escaping @Sendable (String) -> Value?) {
    self.init(expectation, shape) { text in
      read(text).map { .success($0) } ?? .failure(Misfit("`\(text)` is not \(expectation)"))
    }
  }

  /// A format with errors of its own.
  init(_ expectation: String, _ shape: ScalarShape, reading: @escaping @Sendable (String) -> Result<Value, Misfit>) {
    self.expectation = expectation
    self.shape = shape
    self.read = reading
  }
}

/// Why a text does not fit a format, and what to write instead.
struct Misfit: Error, Equatable {
  let message: String
  let suggestion: String?

  init(_ message: String, _ suggestion: String? = nil) {
    self.message = message
    self.suggestion = suggestion
  }
}

/// What an editor can know of a single value.
enum ScalarShape: Sendable {
  /// A text; the pattern is a regular expression that the whole of it matches.
  case text(pattern: String?)
  /// A whole number.
  case integer(ClosedRange<Int>)
  case boolean
  /// One of these names; `open` where more is understood, such as synonyms.
  case choice([String], open: Bool)
}

/// The formats of a topology file.
enum Format {
  /// Site, uplink and topology names: DNS labels in lower case, as they become parts of FQDN identities.
  static let name = ScalarFormat<String>(
    "a name of lower-case letters, digits and single hyphens", .text(pattern: namePattern),
    reading: { text in
      guard text.utf8.count <= 63 else {
        return .failure(Misfit("the name `\(text.prefix(16))…` has \(text.utf8.count) characters", "use at most 63"))
      }
      guard !text.isEmpty, isLabel(text) else {
        let label = label(from: text)
        let hint = isLabel(label) ? "write `\(label)`" : "such as `berlin` or `isp-a`"
        return .failure(
          Misfit("`\(text)` is not a name: lower-case letters, digits and single hyphens make one", hint))
      }
      return .success(text)
    })

  /// The pattern of a name, anchored.
  static let namePattern = "^[a-z0-9]([a-z0-9]|-(?!-))*$"

  private static func isLabel(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let hyphen = UInt8(ascii: "-")
    let alphabet = bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == hyphen }
    return alphabet && bytes.first.map { $0 != hyphen } == true && bytes.last != hyphen
      && !zip(bytes, bytes.dropFirst()).contains { $0 == hyphen && $1 == hyphen }
  }

  private static func label(from text: String) -> String {
    let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return words.joined(separator: "-")
  }

  /// A Linux interface name.
  static let interface = ScalarFormat<String>(
    "an interface name such as wan0", .text(pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$"),
    reading: { text in
      let bytes = Array(text.utf8)
      let fits = bytes.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
      }
      guard (1...15).contains(bytes.count), fits, bytes.first.map({ $0 > 0x2F && $0 != 0x5F }) == true else {
        return .failure(Misfit("`\(text)` is not an interface name", "use 1 to 15 letters and digits, such as `wan0`"))
      }
      guard text != "lo", text.wholeMatch(of: /vti[0-9]+/) == nil else {
        return .failure(
          Misfit("the interface `\(text)` belongs to Fabric itself", "name a network card such as `eth0`"))
      }
      return .success(text)
    })

  /// A number in a range.
  static func integer(_ what: String, _ range: ClosedRange<Int>) -> ScalarFormat<Int> {
    ScalarFormat(
      "\(what) from \(range.lowerBound) to \(range.upperBound)", .integer(range),
      read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } })
  }

  /// Yes or no, in any of YAML's spellings.
  static let boolean = ScalarFormat<Bool>(
    "true or false", .boolean,
    read: { text in
      switch text.lowercased() {
      case "true", "yes", "on": true
      case "false", "no", "off": false
      default: nil
      }
    })

  /// One of the names of an enumeration.
  static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ type: Value.Type
  ) -> ScalarFormat<Value> {
    let names = Value.allCases.map(\.rawValue)
    return ScalarFormat(
      "one of \(names.joined(separator: ", "))", .choice(names, open: false),
      reading: { text in
        if let value = Value(rawValue: text) { return .success(value) }
        let near = NearestName.of(text, among: names).map { "did you mean `\($0)`?" }
        return .failure(
          Misfit(
            "`\(text)` is not known here", near ?? "write one of \(names.map { "`\($0)`" }.joined(separator: ", "))"))
      })
  }

  /// Any text.
  static let text = ScalarFormat<String>("a text", .text(pattern: nil), read: { $0.isEmpty ? nil : $0 })
}
