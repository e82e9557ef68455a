/// One thing that is wrong with a topology file: where, what, and what to write instead.
public struct Diagnostic: Hashable, Sendable {
  /// The line, counting from 1; 0 where the fault is the file as a whole.
  public let line: Int
  /// The column in characters, counting from 1; 0 where the fault is the file as a whole.
  public let column: Int
  /// What is wrong, in one sentence without a full stop.
  public let message: String
  /// What to write instead, where there is something useful to say.
  public let suggestion: String?

  /// A fault at a place.
  public init(line: Int, column: Int, message: String, suggestion: String? = nil) {
    self.line = line
    self.column = column
    self.message = message
    self.suggestion = suggestion
  }

  /// `FILE:LINE:COLUMN: error: MESSAGE`, and the suggestion indented on a line of its own.
  public func rendered(file: String) -> String {
    let place = line > 0 ? "\(file):\(line):\(column)" : file
    return "\(place): error: \(message)" + (suggestion.map { "\n  \($0)" } ?? "")
  }
}

/// Everything that is wrong with a topology file, in the order of the file.
public struct ValidationFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file's name as the operator gave it.
  public let file: String
  /// The faults, at least one.
  public let diagnostics: [Diagnostic]

  /// A file's faults.
  public init(file: String, diagnostics: [Diagnostic]) {
    self.file = file
    self.diagnostics = diagnostics
  }

  /// The faults as they should be printed, one entry each.
  public var lines: [String] { diagnostics.map { $0.rendered(file: file) } }

  /// All faults, each on lines of its own.
  public var description: String { lines.joined(separator: "\n") }
}
