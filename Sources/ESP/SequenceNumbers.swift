/// The sequence numbers of an outbound SA (RFC 4303 section 3.3.3): 1, 2, 3 … each given out once.
///
/// With AES-GCM the number is the IV too, so that giving one out twice would break the cipher: the counter never wraps,
/// whatever the replay window of the other side.
struct SequenceNumbers {
  /// The last one given out, 0 before the first.
  private(set) var last: UInt64
  private let limit: UInt64

  /// Numbers of 64 bits if `extended`, else of 32. `last` is other than 0 only where a test looks at the end.
  init(extended: Bool, last: UInt64 = 0) {
    self.last = last
    limit = extended ? .max : UInt64(UInt32.max)
  }

  /// Gives out the next one; nil when all are used up.
  mutating func reserve() -> UInt64? {
    guard last < limit else { return nil }
    last += 1
    return last
  }

  /// How many are left.
  var remaining: UInt64 { limit - last }
}
