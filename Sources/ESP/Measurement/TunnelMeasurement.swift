import WireFormat

/// Measures a tunnel's path as a Session-Sender of STAMP does (RFC 8762): one test at every interval, and what the last
/// hundred of them tell.
///
///     sender      T1 ──╮                     ╭──▶ T4        round trip = (T4 - T1) - (T3 - T2)
///     reflector        ╰──▶ T2 ... T3 ──────╯              T2 and T3 on the reflector's own clock
public struct TunnelMeasurement: Sendable {
  /// What is known of a path.
  public struct Result: Hashable, Sendable, Codable {
    /// Tests that were answered, or have had their time.
    public var tests: Int
    /// Those of them that were not answered.
    public var lost: Int
    /// The mean and the shortest round trip, without the time at the peer.
    public var meanRoundTrip, shortestRoundTrip: Duration
    /// The mean difference between one round trip and the next (RFC 3550 section 6.4.1, without smoothing).
    public var jitter: Duration

    /// A result.
    public init(
      tests: Int, lost: Int, meanRoundTrip: Duration, shortestRoundTrip: Duration, jitter: Duration
    ) {
      self.tests = tests
      self.lost = lost
      self.meanRoundTrip = meanRoundTrip
      self.shortestRoundTrip = shortestRoundTrip
      self.jitter = jitter
    }
  }

  private struct Outcome {
    let sequence: UInt32
    let sentAt: Instant
    var roundTrip: Duration?
  }

  /// When `timeout` wants to be called; nil if nothing is measured.
  public private(set) var nextDeadline: Instant?

  private let interval: Duration
  private let slot: Int64
  private var outcomes: [Outcome] = []
  private var lastSequence: UInt32 = 0

  /// How many tests count.
  private static let history = 100

  /// Deadlines are multiples of this, or of a shorter interval, so that the tests of a thousand tunnels do not wake the
  /// process a thousand times.
  private static let longestSlot = Duration.milliseconds(100)

  /// Measures every `interval` from `now` on; never if that is zero.
  public init(interval: Duration, at now: Instant) {
    self.interval = interval
    slot = min(interval, TunnelMeasurement.longestSlot).nanoseconds
    nextDeadline = interval > .zero ? TunnelMeasurement.instant(ofSlot: slot, after: now.advanced(by: interval)) : nil
  }

  /// The test to send, if it is time for one.
  public mutating func timeout(at now: Instant) -> STAMPTest? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    let next = deadline.advanced(by: interval)
    nextDeadline = next > now ? next : TunnelMeasurement.instant(ofSlot: slot, after: now)
    lastSequence &+= 1
    if outcomes.count == TunnelMeasurement.history { outcomes.removeFirst() }
    outcomes.append(Outcome(sequence: lastSequence, sentAt: now))
    return STAMPTest(sequence: lastSequence, timestamp: STAMPTimestamp(now))
  }

  /// The peer has answered a test: how long after it was sent. A second answer to the same one, or one to a test long past,
  /// counts for nothing, and returns nil.
  @discardableResult
  public mutating func answered(_ reflection: STAMPReflection, at now: Instant) -> Duration? {
    guard let index = outcomes.firstIndex(where: { $0.sequence == reflection.test.sequence }),
      outcomes[index].roundTrip == nil
    else { return nil }
    let whole = outcomes[index].sentAt.duration(to: now)
    let atPeer = reflection.received.duration(to: reflection.sent)
    // A peer whose clock has jumped tells nothing by it.
    outcomes[index].roundTrip = atPeer < .zero || atPeer > whole ? whole : whole - atPeer
    return whole
  }

  /// What the last tests tell; nil while none has been answered: peers of another make do not. A test without an answer is
  /// lost after `patience`.
  public func result(at now: Instant, patience: Duration = .seconds(2)) -> Result? {
    let roundTrips = outcomes.compactMap(\.roundTrip)
    guard let shortest = roundTrips.min() else { return nil }
    let lost = outcomes.count {
      $0.roundTrip == nil && $0.sentAt.duration(to: now) >= patience
    }
    let differences = zip(roundTrips, roundTrips.dropFirst()).map { $0 < $1 ? $1 - $0 : $0 - $1 }
    return Result(
      tests: roundTrips.count + lost, lost: lost, meanRoundTrip: mean(roundTrips), shortestRoundTrip: shortest,
      jitter: mean(differences))
  }

  private static func instant(ofSlot slot: Int64, after instant: Instant) -> Instant {
    Instant(nanoseconds: (instant.nanoseconds / slot + 1) * slot)
  }

  private func mean(_ durations: [Duration]) -> Duration {
    durations.isEmpty ? .zero : durations.reduce(.zero, +) / durations.count
  }
}
