/// A place in a topology file, line and column counting from 1, columns in characters.
struct Position: Hashable, Comparable, Sendable {
  var line: Int
  var column: Int

  static func < (left: Position, right: Position) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// A value and where the file has it.
struct Located<Value> {
  var value: Value
  var position: Position

  func map<Other>(_ transform: (Value) -> Other) -> Located<Other> {
    Located<Other>(value: transform(value), position: position)
  }
}

extension Located: Equatable where Value: Equatable {}

/// A YAML value as it was written: nothing is interpreted yet.
struct YAMLNode {
  enum Content {
    /// A text; `isQuoted` tells `"no"` from `no`.
    case scalar(String, isQuoted: Bool)
    case sequence([YAMLNode])
    /// The entries in the order of the file, each key once.
    case mapping([Entry])
  }

  struct Entry {
    var key: Located<String>
    var value: YAMLNode
  }

  var content: Content
  var position: Position

  /// Whether nothing was written: `key:`, `~` or `null`.
  var isNull: Bool {
    guard case .scalar(let text, isQuoted: false) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What the node is, for an error.
  var kind: String {
    switch content {
    case _ where isNull: "nothing"
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
