/// Finds what somebody meant to write.
enum NearestName {
  /// The known name closest to `text`, if it is close enough to be meant.
  static func of(_ text: String, among known: [String]) -> String? {
    guard text.utf8.count <= 64 else { return nil }
    let written = Array(text.lowercased().unicodeScalars)
    let ranked = known.map { (name: $0, distance: distance(written, Array($0.lowercased().unicodeScalars))) }
    guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(1, min(written.count, best.name.count) / 3) ? best.name : nil
  }

  /// Edit distance: insertions, deletions, replacements, and swaps of neighbours count one each.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (scalar == other ? 0 : 1))
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          best = min(best, beforePrevious[column - 1] + 1)
        }
        current.append(best)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous.last ?? 0
  }
}
