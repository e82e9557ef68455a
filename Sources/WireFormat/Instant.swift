/// A point on a monotonic clock, in nanoseconds since an arbitrary origin.
///
/// The pure targets never read a clock: their callers pass an `Instant` in, a test any it likes.
public struct Instant: Hashable, Comparable, Sendable, Codable, InstantProtocol {
  /// Nanoseconds since the clock's origin.
  public var nanoseconds: Int64

  /// A point `nanoseconds` after the clock's origin.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The clock's origin.
  public static let zero = Instant(nanoseconds: 0)

  /// The instant `duration` later; saturates rather than overflow.
  public func advanced(by duration: Duration) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
    return Instant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }

  /// The time from this instant to `other`, negative if `other` is earlier.
  public func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds &- nanoseconds) }

  /// Orders by time.
  public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
  /// The duration in whole nanoseconds; saturates beyond 292 years.
  public var nanoseconds: Int64 {
    let (whole, attoseconds) = components
    let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return whole < 0 ? .min : .max }
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carry ? (whole < 0 ? .min : .max) : sum
  }
}
