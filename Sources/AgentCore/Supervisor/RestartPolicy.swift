import WireFormat

/// When a role that has died is started again: at once, then ever more slowly while it keeps dying.
struct RestartPolicy: Equatable, Sendable {
  /// A role that ran this long is taken to be healthy.
  static let healthyAfter = Duration.seconds(10)
  private static let firstDelay = Duration.milliseconds(100)
  private static let longestDelay = Duration.seconds(10)

  /// Deaths in a row, each before the role was healthy.
  private(set) var earlyDeaths = 0

  /// Takes note of a death and gives the time to wait before the next start.
  mutating func died(afterRunning time: Duration) -> Duration {
    if time >= RestartPolicy.healthyAfter { earlyDeaths = 0 }
    defer { earlyDeaths = min(earlyDeaths + 1, 16) }
    guard earlyDeaths > 0 else { return .zero }
    return min(RestartPolicy.longestDelay, RestartPolicy.firstDelay * (1 << (earlyDeaths - 1)))
  }
}
