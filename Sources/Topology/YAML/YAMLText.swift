/// The text of a file as libyaml sees it: Unicode scalars in lines.
struct YAMLText {
  private(set) var scalars: [Unicode.Scalar]
  private var lineStarts: [Int]

  /// Decodes UTF-8, without a byte order mark; on failure, where and why.
  static func decode(_ bytes: [UInt8]) -> Result<YAMLText, DiagnosticError> {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(bytes.count)
    var decoder = Unicode.UTF8.ForwardParser()
    var input = bytes.makeIterator()
    while true {
      switch decoder.parseScalar(from: &input) {
      case .valid(let encoded): scalars.append(Unicode.UTF8.decode(encoded))
      case .emptyInput:
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        return YAMLText(scalars).refusingControlCharacters()
      case .error:
        return .failure(
          YAMLText(scalars).fault(at: scalars.count, "this is not UTF-8 text", "save the file as UTF-8"))
      }
    }
  }

  private init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    lineStarts = [0]
    for index in scalars.indices where YAMLText.endsLine(scalars, index) { lineStarts.append(index + 1) }
  }

  /// libyaml breaks lines at these, and takes CR LF for one break.
  private static func endsLine(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    switch scalars[index] {
    case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
    case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
    default: false
    }
  }

  private func refusingControlCharacters() -> Result<YAMLText, DiagnosticError> {
    let control = scalars.firstIndex {
      $0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0) || (0x7F...0x9F).contains($0.value) && $0 != "\u{85}"
        || $0 == "\u{FEFF}" || (0xFFFE...0xFFFF).contains($0.value)
    }
    guard let control else { return .success(self) }
    return .failure(fault(at: control, "a control character stands here", "remove it; YAML is plain text"))
  }

  private func fault(at index: Int, _ message: String, _ suggestion: String) -> DiagnosticError {
    let line = lineStarts.lastIndex { $0 <= index } ?? 0
    let diagnostic = Diagnostic(
      line: line + 1, column: index - lineStarts[line] + 1, message: message, suggestion: suggestion)
    return DiagnosticError(diagnostic: diagnostic)
  }

  /// Where `position` is among the scalars; nil outside of the text.
  func index(of position: Position) -> Int? {
    guard lineStarts.indices.contains(position.line - 1), position.column >= 1 else { return nil }
    let index = lineStarts[position.line - 1] + position.column - 1
    return scalars.indices.contains(index) ? index : nil
  }

  /// Overwrites one character, never a line's end.
  mutating func replace(at index: Int, with scalar: Unicode.Scalar) { scalars[index] = scalar }

  /// The whole text.
  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

/// A diagnostic as an error that ends the reading of a file.
struct DiagnosticError: Error {
  let diagnostic: Diagnostic
}
