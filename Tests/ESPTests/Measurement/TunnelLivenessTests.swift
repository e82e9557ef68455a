import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite("The liveness of a tunnel")
struct TunnelLivenessTests {
  private static let interval = Duration.milliseconds(50)

  /// A path that answers after some time, or does not, with a test every interval.
  private struct Path {
    var clock = ManualClock()
    var liveness = TunnelLiveness(interval: TunnelLivenessTests.interval, multiplier: 3)
    var roundTrip: Duration? = .milliseconds(2)
    /// When the next test leaves.
    private(set) var nextTest = Instant.zero
    private var sequence: UInt32 = 0
    private var onTheWay: [(test: STAMPTest, sentAt: Instant, arrivesAt: Instant)] = []

    /// Lets time pass; everything happens when it is due.
    mutating func run(for duration: Duration) {
      let end = clock.now.advanced(by: duration)
      while let next = nextEvent, next <= end {
        clock.advance(to: next)
        deliver()
        liveness.timeout(at: clock.now)
        if nextTest <= clock.now { send() }
      }
      clock.advance(to: end)
    }

    /// The process does not run for a time. What arrives meanwhile is read afterwards, the timer first.
    mutating func stall(for duration: Duration) {
      clock.advance(by: duration)
      liveness.timeout(at: clock.now)
      if nextTest <= clock.now { send() }
      deliver()
    }

    private var nextEvent: Instant? {
      [nextTest, onTheWay.first?.arrivesAt, liveness.nextDeadline].compactMap(\.self).min()
    }

    private mutating func send() {
      sequence &+= 1
      let test = STAMPTest(sequence: sequence, timestamp: STAMPTimestamp(clock.now))
      liveness.sent(test, at: clock.now)
      if let roundTrip { onTheWay.append((test, clock.now, clock.now.advanced(by: roundTrip))) }
      nextTest = clock.now.advanced(by: TunnelLivenessTests.interval)
    }

    private mutating func deliver() {
      while let first = onTheWay.first, first.arrivesAt <= clock.now {
        liveness.answered(first.test, after: first.sentAt.duration(to: clock.now), at: clock.now)
        onTheWay.removeFirst()
      }
    }
  }

  @Test("ends within 175 ms of a cut at 50 ms × 3, wherever the cut falls between two tests", arguments: 1...49)
  func silence(milliseconds: Int) {
    var path = Path()
    path.run(for: .seconds(5) + .milliseconds(milliseconds))
    path.roundTrip = nil
    path.run(for: .milliseconds(99))
    #expect(path.liveness.isAlive)
    path.run(for: .milliseconds(81))
    #expect(!path.liveness.isAlive)
    #expect((.milliseconds(178)...(.milliseconds(232))).contains(path.liveness.silence(at: path.clock.now)))
  }

  @Test("begins again with as many answers in a row, not with single ones")
  func proofOfLife() {
    var path = Path()
    path.run(for: .seconds(1))
    path.roundTrip = nil
    path.run(for: .seconds(1))
    for _ in 0..<10 {
      path.roundTrip = .milliseconds(2)
      path.run(for: .milliseconds(100))
      path.roundTrip = nil
      path.run(for: .milliseconds(50))
      #expect(!path.liveness.isAlive)
    }
    path.roundTrip = .milliseconds(2)
    path.run(for: .milliseconds(210))
    #expect(path.liveness.isAlive)
  }

  @Test("goes on over a long path, where several tests are always on the way", arguments: [60, 150, 400, 900])
  func longPath(milliseconds: Int) {
    var path = Path()
    path.roundTrip = .milliseconds(milliseconds)
    for _ in 0..<200 {
      path.run(for: .milliseconds(50))
      #expect(path.liveness.isAlive)
    }
    path.roundTrip = nil
    path.run(for: .milliseconds(milliseconds + 180))
    #expect(!path.liveness.isAlive)
  }

  @Test("does not end where single tests are lost, nor two in a row")
  func loss() {
    var path = Path()
    path.run(for: .seconds(1))
    for lost in [1, 2, 1, 2, 2] {
      path.roundTrip = nil
      path.run(for: .milliseconds(50 * lost))
      path.roundTrip = .milliseconds(2)
      path.run(for: .milliseconds(100))
      #expect(path.liveness.isAlive)
    }
  }

  @Test("goes on when the machine did not let the process run", arguments: [100, 180, 500, 3000])
  func stall(milliseconds: Int) {
    var path = Path()
    path.run(for: .seconds(1))
    for _ in 0..<5 {
      path.run(for: .milliseconds(130))
      path.stall(for: .milliseconds(milliseconds))
      path.run(for: .milliseconds(20))
      #expect(path.liveness.isAlive)
    }
  }

  @Test("allows answers more time where they have come irregularly")
  func irregularAnswers() {
    var steady = Path()
    var irregular = Path()
    for step in 0..<60 {
      steady.run(for: .milliseconds(50))
      irregular.roundTrip = .milliseconds(step.isMultiple(of: 2) ? 45 : 5)
      irregular.run(for: .milliseconds(50))
    }
    steady.roundTrip = nil
    irregular.roundTrip = nil
    steady.run(for: .milliseconds(190))
    irregular.run(for: .milliseconds(190))
    #expect(!steady.liveness.isAlive)
    #expect(irregular.liveness.isAlive)
  }

  @Test("is not asked of a peer that has never answered")
  func strangers() {
    var path = Path()
    path.roundTrip = nil
    path.run(for: .seconds(60))
    #expect(path.liveness.isAlive)
    #expect(path.liveness.nextDeadline == nil)
  }

  @Test("follows what is known otherwise: a line that is gone, a negotiation that has passed")
  func knowledge() {
    var path = Path()
    path.run(for: .seconds(1))
    path.liveness.lost()
    #expect(!path.liveness.isAlive)
    path.liveness.proved(at: path.clock.now)
    #expect(path.liveness.isAlive)
    path.liveness.lost()
    path.run(for: .milliseconds(210))
    #expect(path.liveness.isAlive)
  }

  @Test(
    "is not doubted while the first tests after a negotiation travel by an SA that the peer has lost, but not for ever")
  func settling() {
    var path = Path()
    path.run(for: .seconds(1))
    path.roundTrip = nil
    path.run(for: .milliseconds(300))
    path.liveness.proved(at: path.clock.now)
    path.run(for: .milliseconds(900))
    #expect(path.liveness.isAlive)
    var mended = path
    mended.roundTrip = .milliseconds(2)
    mended.run(for: .seconds(5))
    #expect(mended.liveness.isAlive)
    path.run(for: .milliseconds(700))
    #expect(!path.liveness.isAlive)
  }

  @Test("goes on when the numbers of the tests begin anew")
  func wrap() {
    var liveness = TunnelLiveness(interval: Self.interval, multiplier: 3)
    var now = Instant.zero
    for sequence in (UInt32.max - 20)...UInt32.max {
      let test = STAMPTest(sequence: sequence, timestamp: STAMPTimestamp(now))
      liveness.sent(test, at: now)
      liveness.answered(test, after: .milliseconds(1), at: now)
      now = now.advanced(by: Self.interval)
    }
    for sequence in 0..<UInt32(20) {
      let test = STAMPTest(sequence: sequence, timestamp: STAMPTimestamp(now))
      liveness.sent(test, at: now)
      liveness.answered(test, after: .milliseconds(1), at: now)
      now = now.advanced(by: Self.interval)
      #expect(liveness.isAlive)
      #expect(liveness.nextDeadline == nil)
    }
  }
}
