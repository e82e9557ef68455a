import WireFormat

/// Judges by the tests of STAMP whether a tunnel's path carries packets, there and back.
///
///     alive  ──▶ `multiplier` tests in a row are not answered ──▶ silent
///     silent ──▶ as many in a row are answered                ──▶ alive
///
/// Tests are counted, not time: a process that a busy machine does not let run sends none, and accuses nobody. How long
/// an answer may take is learned as TCP learns its retransmission timeout (RFC 6298), so that it follows the path and the
/// load of both ends. A peer that has never answered is not judged: it may be of another make.
public struct TunnelLiveness: Sendable {
  /// Whether packets have a chance.
  public private(set) var isAlive = true

  private let interval: Duration
  private let multiplier: Int
  /// Tests since the newest one that was answered.
  private var unanswered: [(sequence: UInt32, sentAt: Instant)] = []
  private var answersInARow = 0
  private var newestAnswer: UInt32 = 0
  private var answerTime: AnswerTime?
  private var lastAnswerAt: Instant?
  /// Until when answers may still wait to be read, after a time in which this process did not run, or tests may still
  /// travel by an SA that the peer has lost, after a negotiation.
  private var grace: Instant?

  /// A path that is tested every `interval`, and silent when `multiplier` tests in a row are not answered.
  public init(interval: Duration, multiplier: Int) {
    self.interval = interval
    self.multiplier = max(1, multiplier)
  }

  /// When `timeout` wants to be called; nil while no answer is overdue.
  public var nextDeadline: Instant? {
    guard isAlive, let answerTime, unanswered.count >= multiplier else { return nil }
    let due = unanswered[multiplier - 1].sentAt.advanced(by: answerTime.limit(granularity: interval / 2))
    return max(due, grace ?? due)
  }

  /// A test has left.
  public mutating func sent(_ test: STAMPTest, at now: Instant) {
    guard isAlive else { return }
    if unanswered.count == TunnelLiveness.mostUnanswered { unanswered.removeFirst() }
    unanswered.append((test.sequence, now))
  }

  /// For how long nothing has been heard; zero before the first answer.
  public func silence(at now: Instant) -> Duration { lastAnswerAt.map { $0.duration(to: now) } ?? .zero }

  /// A test was answered for the first time, `time` after it had left.
  public mutating func answered(_ test: STAMPTest, after time: Duration, at now: Instant) {
    lastAnswerAt = now
    answerTime = answerTime?.learning(time) ?? AnswerTime(first: time)
    grace = nil
    unanswered.removeAll { !$0.sequence.follows(test.sequence) }
    answersInARow = test.sequence == newestAnswer &+ 1 ? answersInARow + 1 : 1
    newestAnswer = test.sequence
    if !isAlive, answersInARow >= multiplier { revive() }
  }

  /// An answer may be overdue.
  public mutating func timeout(at now: Instant) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    let isLate = deadline.duration(to: now) > interval / 2
    if isLate, grace == nil, let answerTime {
      grace = now.advanced(by: answerTime.limit(granularity: interval / 2))
    } else {
      lost()
    }
  }

  /// The path is known to carry packets: a negotiation has just passed over it. We may go on sending by the SA before for
  /// a while, until the peer is known to have the new one.
  public mutating func proved(at now: Instant) {
    revive()
    grace = now.advanced(by: TunnelLiveness.settlingTime)
  }

  private mutating func revive() {
    isAlive = true
    unanswered = []
    grace = nil
  }

  /// The path is known to carry nothing; answers that are on their way prove little.
  public mutating func lost() {
    isAlive = false
    unanswered = []
    answersInARow = 0
  }

  /// How long an old SA may be in use beside a new one, and some more.
  private static let settlingTime = Duration.milliseconds(1500)
  /// More tests than this are on no path at once.
  private static let mostUnanswered = 256
}

/// How long answers take, as RFC 6298 section 2 has it.
private struct AnswerTime: Sendable {
  private var smoothed: Duration
  private var variation: Duration

  init(first time: Duration) {
    smoothed = time
    variation = time / 2
  }

  /// With one more answer: beta 1/4, alpha 1/8.
  func learning(_ time: Duration) -> AnswerTime {
    var next = self
    let difference = time < smoothed ? smoothed - time : time - smoothed
    next.variation += (difference - variation) / 4
    next.smoothed += (time - smoothed) / 8
    return next
  }

  /// What an answer takes at most: SRTT + max (G, 4 RTTVAR), and no more than a second.
  func limit(granularity: Duration) -> Duration { min(.seconds(1), smoothed + max(granularity, variation * 4)) }
}

extension UInt32 {
  /// Whether this sequence number is a later one, across the wrap.
  fileprivate func follows(_ other: UInt32) -> Bool { Int32(bitPattern: self &- other) > 0 }
}
