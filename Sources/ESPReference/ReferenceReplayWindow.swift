/// The replay window as RFC 4303 section 3.4.3 tells it: a set of the numbers that were seen.
package struct ReferenceReplayWindow {
  private let size: UInt64
  private var seen: Set<UInt64> = []
  private var forgetAt: Int
  /// The highest number accepted, 0 before the first.
  package private(set) var highest: UInt64 = 0

  /// A window of `size` numbers, of which the highest seen so far was `highest`.
  package init(size: UInt64, highest: UInt64 = 0) {
    self.size = size
    self.highest = highest
    forgetAt = 16 * Int(size)
    if highest > 0 { seen.insert(highest) }
  }

  /// Whether a number lies in the window or beyond it, and was not seen.
  package func mayAccept(_ sequence: UInt64) -> Bool { sequence >= lowest && !seen.contains(sequence) }

  /// Whether a number was seen and has not been left behind.
  package func hasSeen(_ sequence: UInt64) -> Bool { sequence >= lowest && seen.contains(sequence) }

  /// Takes note of a number.
  package mutating func accept(_ sequence: UInt64) {
    seen.insert(sequence)
    highest = max(highest, sequence)
    guard seen.count > forgetAt else { return }
    let lowest = lowest
    seen = seen.filter { $0 >= lowest }
  }

  /// The number whose lower half is `low` (RFC 4303 appendix A2): the first such one that the window has not left behind.
  package func extended(_ low: UInt64) -> UInt64 {
    let subspace: UInt64 = 1 << 32
    var candidate = lowest / subspace * subspace + low
    while candidate < lowest { candidate += subspace }
    return candidate
  }

  /// The first number is 1.
  private var lowest: UInt64 { highest < size ? 1 : highest - size + 1 }
}
