/// The anti-replay window of an inbound SA (RFC 4303 section 3.4.3).
///
///           highest - size + 1                    highest
///     too old │  0 1 1 0 1 1 1 1 1 1 1 0 1 1 1 0 1 1 │ new, moves the window
///             ╰── a bit for each: seen or not ───────╯
///
/// The bits lie in a ring of 64-bit words, one more than the window needs, so that moving the window clears words and
/// never shifts them.
struct ReplayWindow: ~Copyable {
  /// Width in sequence numbers, a multiple of 64.
  let size: Int
  /// The highest authenticated sequence number, 0 before the first.
  private(set) var highest: UInt64 = 0
  private let words: UnsafeMutableBufferPointer<UInt64>

  /// A window of at least `size` sequence numbers, and at least 64, RFC 4303's recommended width.
  init(size: Int) {
    let needed = max(1, (size + 63) / 64)
    self.size = needed * 64
    // A power of two, so that a mask finds a sequence number's word.
    let capacity = 1 << (Int.bitWidth - needed.leadingZeroBitCount)
    words = .allocate(capacity: capacity)
    words.initialize(repeating: 0)
  }

  deinit { words.deallocate() }

  /// What the window says of a sequence number, before its packet is authenticated; nil if it may be accepted.
  func objection(to sequence: UInt64) -> DropReason? {
    // RFC 4303 section 3.3.3: the first packet is number 1.
    guard sequence > 0 else { return .tooOld }
    if sequence > highest { return nil }
    if highest - sequence >= UInt64(size) { return .tooOld }
    return words[wordIndex(sequence)] & bit(sequence) == 0 ? nil : .replayed
  }

  /// Marks the sequence number of an authenticated packet to which there was no objection.
  mutating func accept(_ sequence: UInt64) {
    if sequence > highest {
      clearWords(from: highest >> 6, to: sequence >> 6)
      highest = sequence
    }
    words[wordIndex(sequence)] |= bit(sequence)
  }

  /// The 64-bit sequence number behind the 32 bits on the wire (RFC 4303 appendix A2.2); nil if it would lie before the
  /// first or behind the last one.
  func extended(_ low: UInt32) -> UInt64? {
    let highestLow = UInt32(truncatingIfNeeded: highest)
    let high = UInt32(truncatingIfNeeded: highest >> 32)
    let bottom = highestLow &- UInt32(size - 1)
    let windowWithinOneSubspace = highestLow >= UInt32(size - 1)
    let (subspace, overflow) =
      if windowWithinOneSubspace {
        low >= bottom ? (high, false) : high.addingReportingOverflow(1)
      } else {
        low >= bottom ? high.subtractingReportingOverflow(1) : (high, false)
      }
    return overflow ? nil : UInt64(subspace) << 32 | UInt64(low)
  }

  private func clearWords(from old: UInt64, to new: UInt64) {
    if new - old >= UInt64(words.count) {
      words.update(repeating: 0)
      return
    }
    var word = old
    while word < new {
      word += 1
      words[Int(word & UInt64(words.count - 1))] = 0
    }
  }

  private func wordIndex(_ sequence: UInt64) -> Int { Int((sequence >> 6) & UInt64(words.count - 1)) }
  private func bit(_ sequence: UInt64) -> UInt64 { 1 << (sequence & 63) }
}
