import WireFormat

/// A clock that stands still until the test moves it.
public struct ManualClock: Sendable {
  /// The time that it shows.
  public private(set) var now: Instant

  /// A clock that shows `now`.
  public init(now: Instant = .zero) { self.now = now }

  /// Moves the clock forward.
  public mutating func advance(by duration: Duration) { now = now.advanced(by: duration) }

  /// Moves the clock forward to `instant`; one in the past leaves it where it is.
  public mutating func advance(to instant: Instant) { now = max(now, instant) }
}
