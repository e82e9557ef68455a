import Yams

/// Reads the text of a file into a tree with places, within limits that no honest topology reaches.
///
/// Anchors and aliases are refused: Yams expands and compares them before anybody can count what they stand for ("a
/// billion laughs"), and profiles and defaults serve the purpose better.
struct YAMLComposer {
  /// Largest file, in bytes: a thousand sites take about a fifth of it.
  static let sizeLimit = 1 << 20
  /// Deepest nesting; the format itself needs seven levels.
  static let depthLimit = 32
  /// Most repeated keys that are looked for in one run.
  private static let duplicateLimit = 100
  /// Stands for `&` while Yams reads, so that no anchor is ever defined; a private-use character.
  private static let ampersand: Unicode.Scalar = "\u{E100}"

  /// What was wrong but did not end the reading: keys given twice.
  private(set) var diagnostics: [Diagnostic] = []
  private var renamedKeys: [Position: String] = [:]

  /// Reads a whole file.
  static func compose(_ bytes: [UInt8]) -> (root: YAMLNode?, diagnostics: [Diagnostic]) {
    var composer = YAMLComposer()
    do {
      let root = try composer.read(bytes)
      return (root, composer.diagnostics)
    } catch {
      return (nil, composer.diagnostics + [error.diagnostic])
    }
  }

  private mutating func read(_ bytes: [UInt8]) throws(DiagnosticError) -> YAMLNode {
    guard bytes.count <= YAMLComposer.sizeLimit else {
      throw fault(nil, "the file has \(bytes.count) bytes; a topology has at most \(YAMLComposer.sizeLimit)")
    }
    var text = try YAMLText.decode(bytes).get()
    for index in text.scalars.indices where text.scalars[index] == "&" {
      text.replace(at: index, with: YAMLComposer.ampersand)
    }
    guard let root = try compose(text) else {
      throw fault(nil, "the file is empty", "start it with `apiVersion: fabric/v1`")
    }
    return try convert(root, depth: 0)
  }

  /// Lets Yams compose the text. Yams gives up at the first mapping that has a key twice; so that one such key does not
  /// hide all other errors, its first character is overwritten and the text composed again.
  private mutating func compose(_ original: YAMLText) throws(DiagnosticError) -> Node? {
    var text = original
    for attempt in 0..<YAMLComposer.duplicateLimit {
      do {
        return try Parser(yaml: text.string, resolver: .basic).singleRoot()
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let position = Position(line: context.mark.line, column: context.mark.column)
        guard let key = keys.first, let placeholder = Unicode.Scalar(0xE000 + attempt),
          let index = firstCharacter(ofKeyAt: position, in: text)
        else { break }
        renamedKeys[position] = renamedKeys[position] ?? key
        text.replace(at: index, with: placeholder)
      } catch {
        throw fault(describing: error, in: text)
      }
    }
    throw fault(nil, "the same keys are given again and again", "give each key once in its mapping")
  }

  private func firstCharacter(ofKeyAt position: Position, in text: YAMLText) -> Int? {
    guard let index = text.index(of: position) else { return nil }
    guard text.scalars[index] == "\"" || text.scalars[index] == "'" else { return index }
    let inside = index + 1
    return text.scalars.indices.contains(inside) && text.scalars[inside] != text.scalars[index] ? inside : nil
  }

  private mutating func convert(_ node: Node, depth: Int) throws(DiagnosticError) -> YAMLNode {
    let position = Position(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    guard depth <= YAMLComposer.depthLimit else {
      throw fault(position, "values are nested more than \(YAMLComposer.depthLimit) deep")
    }
    switch node {
    case .scalar(let scalar):
      return YAMLNode(content: try content(of: scalar, at: position), position: position)
    case .sequence(let sequence):
      var items: [YAMLNode] = []
      for item in sequence { items.append(try convert(item, depth: depth + 1)) }
      return YAMLNode(content: .sequence(items), position: position)
    case .mapping(let mapping):
      return YAMLNode(content: .mapping(try entries(of: mapping, depth: depth)), position: position)
    case .alias:
      throw fault(position, "an alias without an anchor")
    }
  }

  private func content(
    of scalar: Node.Scalar, at position: Position
  ) throws(DiagnosticError) -> YAMLNode.Content {
    let isQuoted = scalar.style != .plain
    let scalars = scalar.string.unicodeScalars
    guard isQuoted || scalars.first != YAMLComposer.ampersand else { throw anchorFault(position) }
    guard scalars.contains(YAMLComposer.ampersand) else { return .scalar(scalar.string, isQuoted: isQuoted) }
    var restored = String.UnicodeScalarView()
    restored.append(contentsOf: scalars.map { $0 == YAMLComposer.ampersand ? "&" : $0 })
    return .scalar(String(restored), isQuoted: isQuoted)
  }

  private mutating func entries(of mapping: Node.Mapping, depth: Int) throws(DiagnosticError) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var lines: [String: Int] = [:]
    for pair in mapping {
      let key = try convert(pair.key, depth: depth + 1)
      guard case .scalar(let text, _) = key.content else {
        throw fault(key.position, "\(key.kind) cannot be a key", "write `key: value`")
      }
      let name = renamedKeys[key.position] ?? text
      let value = try convert(pair.value, depth: depth + 1)
      if let line = lines[name] {
        diagnostics.append(
          Diagnostic(
            line: key.position.line, column: key.position.column, message: "`\(name)` is already given on line \(line)",
            suggestion: "give each key once"))
      } else {
        lines[name] = key.position.line
        entries.append(YAMLNode.Entry(key: Located(value: name, position: key.position), value: value))
      }
    }
    return entries
  }
}

// Errors.
extension YAMLComposer {
  private func anchorFault(_ position: Position) -> DiagnosticError {
    fault(
      position, "anchors and aliases are not supported",
      "write the value out; settings are shared through `profiles` and `defaults`")
  }

  private func fault(
    _ position: Position?, _ message: String, _ suggestion: String? = nil
  ) -> DiagnosticError {
    let diagnostic = Diagnostic(
      line: position?.line ?? 0, column: position?.column ?? 0, message: message, suggestion: suggestion)
    return DiagnosticError(diagnostic: diagnostic)
  }

  /// The start of a would-be anchor on the line of a syntax error or on the one above it.
  private func anchor(before position: Position, in text: YAMLText) -> Position? {
    for line in [position.line, position.line - 1] {
      guard let start = text.index(of: Position(line: line, column: 1)) else { continue }
      let row = text.scalars[start...].prefix { $0 != "\n" }
      guard let index = row.firstIndex(of: YAMLComposer.ampersand), !row[..<index].contains("#"),
        index == start || " [{,:".unicodeScalars.contains(text.scalars[index - 1])
      else { continue }
      return Position(line: line, column: index - start + 1)
    }
    return nil
  }

  private func fault(describing error: any Error, in text: YAMLText) -> DiagnosticError {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      let position = Position(line: mark.line, column: mark.column)
      if problem.contains("another document") {
        return fault(position, "a second YAML document starts here", "write one topology per file")
      }
      if problem.contains("undefined alias") { return anchorFault(position) }
      if let anchor = anchor(before: position, in: text) { return anchorFault(anchor) }
      let isTab = text.index(of: position).map { text.scalars[$0] == "\t" } ?? false
      let reason = context.map { "\($0.text), \(problem)" } ?? problem
      return fault(position, "not valid YAML: \(reason)", isTab ? "indent with spaces; YAML allows no tabs" : nil)
    case YamlError.memory:
      return fault(nil, "values are nested too deep")
    default:
      return fault(nil, "not valid YAML")
    }
  }
}
