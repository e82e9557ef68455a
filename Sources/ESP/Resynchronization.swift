/// When to suspect that so many packets in a row were lost that the upper half of extended sequence numbers is guessed
/// wrong (RFC 4303 appendix A3), as after 2^32 of them.
///
/// Nothing but failures of the integrity check tells of it, and those a stranger can cause as well. So only every so many
/// of them are worth the search, which is bounded.
struct Resynchronization {
  /// Failures since the last authentic packet.
  private(set) var failures = 0

  /// RFC 4303 appendix A3.1: how many failures in a row raise the suspicion.
  static let threshold = 1024
  /// Of the packets that fail from then on, one in so many is tried.
  static let patience = 16
  /// RFC 4303 appendix A3.2: how many upper halves are tried.
  static let subspaces: UInt64 = 8

  /// Whether other upper halves are to be tried on the next packet.
  var isDue: Bool { failures >= Resynchronization.threshold && failures.isMultiple(of: Resynchronization.patience) }

  mutating func failed() { failures += 1 }
  mutating func succeeded() { if failures != 0 { failures = 0 } }
}
