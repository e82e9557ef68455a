/// Takes values out of a YAML tree and notes what does not fit, so that one run finds every error.
struct DocumentReader {
  private(set) var diagnostics: [Diagnostic] = []

  mutating func report(_ position: Position, _ message: String, _ suggestion: String? = nil) {
    diagnostics.append(
      Diagnostic(line: position.line, column: position.column, message: message, suggestion: suggestion))
  }

  mutating func report(_ more: [Diagnostic]) { diagnostics += more }

  /// A mapping whose keys are `Key`'s; unknown and missing ones are reported.
  mutating func record<Key: TopologyKey>(_ node: YAMLNode?, _ type: Key.Type) -> Record<Key>? {
    guard let node else { return nil }
    guard case .mapping(let entries) = node.content else {
      let keys = Key.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      report(node.position, "\(Key.subject) is a mapping, but \(node.kind) stands here", "its keys are \(keys)")
      return nil
    }
    var record = Record<Key>(position: node.position, values: [:])
    for entry in entries {
      if let key = Key(rawValue: entry.key.value) {
        record.values[key] = entry.value
      } else {
        reportUnknown(entry.key, Key.self)
      }
    }
    for key in Key.allCases where key.field.isRequired && record[key] == nil {
      report(node.position, "\(Key.subject) needs `\(key.rawValue)`", key.field.documentation)
    }
    return record
  }

  private mutating func reportUnknown<Key: TopologyKey>(_ key: Located<String>, _ type: Key.Type) {
    let known = Key.allCases.map(\.rawValue)
    let suggestion =
      NearestName.of(key.value, among: known).map { "did you mean `\($0)`?" }
      ?? "its keys are \(known.map { "`\($0)`" }.joined(separator: ", "))"
    report(key.position, "\(Key.subject) has no key `\(key.value)`", suggestion)
  }

  /// A mapping whose keys are names of the operator's.
  mutating func named<Value>(
    _ node: YAMLNode?, _ what: String, _ read: (inout DocumentReader, Located<String>, YAMLNode) -> Value?
  ) -> [(name: Located<String>, value: Value)] {
    guard let node else { return [] }
    guard case .mapping(let entries) = node.content else {
      report(node.position, "\(what) are a mapping by name, but \(node.kind) stands here", "write `NAME: {…}`")
      return []
    }
    return entries.compactMap { entry in
      if case .failure(let misfit) = Format.name.read(entry.key.value) {
        report(entry.key.position, misfit.message, misfit.suggestion)
      }
      return read(&self, entry.key, entry.value).map { (entry.key, $0) }
    }
  }

  /// The entries of a list.
  mutating func list<Value>(
    _ node: YAMLNode?, of what: String, allowingSingle: Bool = false, _ read: (inout DocumentReader, YAMLNode) -> Value?
  ) -> [Value] {
    guard let node else { return [] }
    switch node.content {
    case .sequence(let items): return items.compactMap { read(&self, $0) }
    case .scalar where allowingSingle && !node.isNull: return [node].compactMap { read(&self, $0) }
    default:
      report(
        node.position, "a list of \(what) belongs here, but \(node.kind) stands here", "write `[…]` or lines with `-`")
      return []
    }
  }

  /// A single value; nothing, silently, where nothing is written.
  mutating func scalar<Value>(_ node: YAMLNode?, _ format: ScalarFormat<Value>) -> Located<Value>? {
    guard let node else { return nil }
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      report(node.position, "\(format.expectation) belongs here, but \(node.kind) stands here")
      return nil
    }
    switch format.read(text) {
    case .success(let value): return Located(value: value, position: node.position)
    case .failure(let misfit):
      report(node.position, misfit.message, misfit.suggestion)
      return nil
    }
  }

  /// A list of single values, each once.
  mutating func scalars<Value: Hashable>(
    _ node: YAMLNode?, _ format: ScalarFormat<Value>
  ) -> [Located<Value>]? {
    guard let node else { return nil }
    let values = list(node, of: "values", allowingSingle: true) { reader, item in reader.scalar(item, format) }
    if case .sequence(let items) = node.content, items.isEmpty {
      report(node.position, "this list is empty", "leave it out, or write \(format.expectation)")
    }
    var seen: Set<Value> = []
    for value in values where !seen.insert(value.value).inserted {
      report(value.position, "`\(value.value)` is listed twice", "list each once")
    }
    return values
  }
}

/// A mapping whose keys are known.
struct Record<Key: TopologyKey> {
  let position: Position
  fileprivate(set) var values: [Key: YAMLNode]

  /// What stands behind a key, unless it is left out.
  subscript(_ key: Key) -> YAMLNode? { values[key] }
}
