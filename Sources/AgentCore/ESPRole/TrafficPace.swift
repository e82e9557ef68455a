import WireFormat

/// Whether packets follow each other so fast that processors should wait for the next one awake.
///
/// What counts is how often the esp role is woken, not how many packets it finds each time: a bulk transfer, a telephone
/// call and a fast ping all end the rest of a sleeping processor again and again, and pay for it in delay.
struct TrafficPace {
  /// Till when to stay awake; nil when traffic is slow.
  private(set) var awakeUntil: Instant?
  private var turns = 0
  private var lastBurst = Instant.zero

  /// So many turns within `burst` are fast: 250 a second. Routing and liveness of a few tunnels are slower.
  private static let turnsPerBurst = 25
  private static let burst = Duration.milliseconds(100)
  /// How long it pays to wait for more.
  private static let patience = Duration.milliseconds(200)

  /// Counts a turn of the loop; whether a burst is complete, so that `awakeUntil` has moved. Reads the clock once a burst.
  mutating func countTurn(now: () -> Instant) -> Bool {
    turns += 1
    guard turns == TrafficPace.turnsPerBurst else { return false }
    turns = 0
    let instant = now()
    defer { lastBurst = instant }
    guard lastBurst.duration(to: instant) <= TrafficPace.burst else { return false }
    awakeUntil = instant.advanced(by: TrafficPace.patience)
    return true
  }

  /// Whether the time is over; then the processors may sleep.
  mutating func isOver(at now: Instant) -> Bool {
    guard let awakeUntil, now >= awakeUntil else { return false }
    self.awakeUntil = nil
    return true
  }
}
