/// What FRR's daemons run, as `show running-config` tells, to be held against what they were told to.
///
/// FRR takes some lines without complaint and does nothing with them. Such a line is missing here.
public struct RunningConfiguration: Equatable, Sendable {
  /// What to ask vtysh for.
  public static let question = "show running-config"

  /// A line with the blocks that it stands in, outermost first.
  private struct Line: Hashable {
    let blocks: [String]
    let text: String
  }

  /// What FRR leaves out where it is the interface's default, as it is on the tunnels that are there already.
  private static let unsaid: Set = ["ip ospf network point-to-point"]

  private let lines: [Line]

  /// Reads a configuration in FRR's own layout, in which a block's lines are indented by one.
  public init(_ text: String) {
    var lines: [Line] = []
    var blocks: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let depth = line.prefix { $0 == " " }.count
      let words = line.dropFirst(depth)
      blocks = Array(blocks.prefix(depth))
      if words.first == "!" || ["exit", "exit-address-family", "end"].contains(words) { continue }
      lines.append(Line(blocks: blocks, text: String(words)))
      blocks.append(String(words))
    }
    self.lines = lines
  }

  /// The lines of `wanted`, a configuration's text, that do not run, in order, each a sentence; no keys are shown.
  public func faults(wanted: String) -> [String] {
    let running = Set(lines)
    return RunningConfiguration(wanted).lines.filter { line in
      !running.contains(line) && !RunningConfiguration.unsaid.contains(line.text)
    }.map { line in
      let place = line.blocks.last.map { " under `\($0)`" } ?? ""
      return "FRR took `\(RunningConfiguration.withoutKey(line.text))`\(place) and does not run it"
    }
  }

  /// The line without what follows a word that announces a key.
  public static func withoutKey(_ line: String) -> String {
    for word in [" md5 ", " password "] {
      if let range = line.firstRange(of: word) { return line[..<range.upperBound] + "…" }
    }
    return line
  }
}
