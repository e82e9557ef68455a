extension TopologyDocument {
  /// Reads, validates and completes a topology file, without any network or privilege.
  ///
  /// - Parameters:
  ///   - bytes: the YAML in UTF-8.
  ///   - file: its name, for the errors only.
  /// - Throws: all faults at once, in the order of the file.
  public static func parse(_ bytes: [UInt8], file: String) throws(ValidationFailure) -> TopologyDocument {
    let (root, diagnostics) = YAMLComposer.compose(bytes)
    var reader = DocumentReader()
    reader.report(diagnostics)
    var topology: TopologyDocument?
    if let root, let draft = reader.document(root) {
      var validator = Validator(draft)
      topology = validator.validate()
      reader.report(validator.diagnostics)
    }
    guard let topology, reader.diagnostics.isEmpty else {
      throw ValidationFailure(file: file, diagnostics: inOrder(reader.diagnostics))
    }
    return topology
  }

  /// Reads, validates and completes the text of a topology file.
  ///
  /// - Throws: all faults at once, in the order of the file.
  public static func parse(_ text: String, file: String) throws(ValidationFailure) -> TopologyDocument {
    try parse(Array(text.utf8), file: file)
  }

  private static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    guard !diagnostics.isEmpty else {
      return [Diagnostic(line: 0, column: 0, message: "this is no topology")]
    }
    var seen: Set<Diagnostic> = []
    return diagnostics.sorted { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
      .filter { seen.insert($0).inserted }
  }
}
