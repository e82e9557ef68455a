import Glibc

/// What a text says, to be shown by its colour.
enum Style {
  case plain, heading, good, waiting, bad, faint

  fileprivate var code: String {
    switch self {
    case .plain: "0"
    case .heading: "1"
    case .good: "32"
    case .waiting: "33"
    case .bad: "31"
    case .faint: "2"
    }
  }
}

/// Colours for a terminal, or none.
struct Palette {
  let isColoured: Bool

  /// Colours where standard output is a terminal that shows them and nobody set `NO_COLOR` (no-color.org).
  static var standardOutput: Palette {
    let isRefused = getenv("NO_COLOR").map { String(cString: $0) != "" } ?? false
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    return Palette(isColoured: isatty(STDOUT_FILENO) == 1 && !isRefused && !isDumb)
  }

  /// The text in its colour.
  func paint(_ text: String, _ style: Style) -> String {
    guard isColoured, style != .plain else { return text }
    return "\u{1B}[\(style.code)m\(text)\u{1B}[0m"
  }
}
