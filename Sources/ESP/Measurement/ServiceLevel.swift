import WireFormat

/// What a path must be like for traffic to take it while there is another one.
public struct ServiceLevel: Hashable, Sendable {
  /// The largest share of tests that may be lost, from 0 to 1; nil for any.
  public var loss: Double?
  /// The longest mean round trip; nil for any.
  public var roundTrip: Duration?
  /// The largest mean difference between one round trip and the next; nil for any.
  public var jitter: Duration?
  /// For how long a path that was worse must have been good before it is taken again.
  public var hold: Duration

  /// A level.
  public init(loss: Double?, roundTrip: Duration?, jitter: Duration?, hold: Duration) {
    self.loss = loss
    self.roundTrip = roundTrip
    self.jitter = jitter
    self.hold = hold
  }

  /// How a path is worse than the level.
  public enum Violation: Hashable, Sendable {
    /// This share of the tests was lost.
    case loss(Double)
    /// Packets take this long there and back.
    case roundTrip(Duration)
    /// Round trips differ by this much.
    case jitter(Duration)
  }

  /// In what a path misses the level, or a part of it; nil where it keeps it.
  func violation(by result: TunnelMeasurement.Result, part: Double = 1) -> Violation? {
    let lost = Double(result.lost) / Double(max(1, result.tests))
    if let loss, lost > loss * part { return .loss(lost) }
    if let roundTrip, result.meanRoundTrip > roundTrip * part { return .roundTrip(result.meanRoundTrip) }
    if let jitter, result.jitter > jitter * part { return .jitter(result.jitter) }
    return nil
  }
}

/// Judges a path by its service level, so that a path at the edge of it does not make traffic come and go.
///
///     good ──▶ worse than the level ──▶ poor
///     poor ──▶ better than three quarters of the level, without a break, for the hold time ──▶ good
public struct ServiceLevelJudge: Sendable {
  /// How the path is worse than it should be; nil while it is good.
  public private(set) var violation: ServiceLevel.Violation?

  private let level: ServiceLevel
  private var goodSince: Instant?

  /// To be good again, a path must be this much better than the level.
  private static let hysteresis = 0.75
  /// So many tests tell something.
  private static let fewestTests = 20

  /// A path that has done nothing wrong yet.
  public init(_ level: ServiceLevel) { self.level = level }

  /// Takes note of what the last tests tell; nil, or too few of them, tell nothing.
  public mutating func judge(_ result: TunnelMeasurement.Result?, at now: Instant) {
    guard let result, result.tests >= ServiceLevelJudge.fewestTests else { return }
    if let found = level.violation(by: result) {
      violation = found
      goodSince = nil
    } else if violation != nil, level.violation(by: result, part: ServiceLevelJudge.hysteresis) != nil {
      goodSince = nil
    } else if violation != nil {
      let since = goodSince ?? now
      goodSince = since
      if since.duration(to: now) >= level.hold { violation = nil }
    }
  }
}
