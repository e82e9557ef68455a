import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite("A path with a service level")
struct ServiceLevelTests {
  /// Tests every 20 ms over a path of some round trip, of which every so manieth is lost.
  private struct Path {
    var clock = ManualClock()
    var random = SeededRandom(seed: 7)
    var measurement = TunnelMeasurement(interval: .milliseconds(20), at: .zero)
    var judge = ServiceLevelJudge(
      ServiceLevel(loss: 0.02, roundTrip: .milliseconds(100), jitter: .milliseconds(30), hold: .seconds(30)))
    var loss = 0.0
    var roundTrip = Duration.milliseconds(20)
    var jitter = Duration.zero

    var isPoor: Bool { judge.violation != nil }

    /// Lets time pass, and counts how often the verdict changes.
    @discardableResult
    mutating func run(for duration: Duration) -> Int {
      let end = clock.now.advanced(by: duration)
      var changes = 0
      while let deadline = measurement.nextDeadline, deadline <= end {
        clock.advance(to: deadline)
        guard let test = measurement.timeout(at: clock.now) else { continue }
        let wasPoor = isPoor
        judge.judge(measurement.result(at: clock.now, patience: .milliseconds(500)), at: clock.now)
        if wasPoor != isPoor { changes += 1 }
        if Double.random(in: 0..<1, using: &random) >= loss { answer(test) }
      }
      return changes
    }

    private mutating func answer(_ test: STAMPTest) {
      let time = roundTrip + (test.sequence.isMultiple(of: 2) ? jitter : .zero)
      let stamp = STAMPTimestamp(clock.now)
      measurement.answered(STAMPReflection(test: test, received: stamp, sent: stamp), at: clock.now.advanced(by: time))
    }
  }

  @Test("is left within two seconds of 5 % loss, 120 ms more, or as much jitter")
  func degradation() {
    for worsen in [{ $0.loss = 0.05 }, { $0.roundTrip = .milliseconds(140) }, { $0.jitter = .milliseconds(80) }]
      as [(inout Path) -> Void]
    {
      var path = Path()
      path.run(for: .seconds(10))
      #expect(!path.isPoor)
      worsen(&path)
      path.run(for: .seconds(2))
      #expect(path.isPoor)
    }
  }

  @Test("is taken again after the hold time, not before")
  func hold() {
    var path = Path()
    path.run(for: .seconds(10))
    path.roundTrip = .milliseconds(200)
    path.run(for: .seconds(5))
    path.roundTrip = .milliseconds(20)
    path.run(for: .seconds(30))
    #expect(path.isPoor)
    path.run(for: .seconds(3))
    #expect(!path.isPoor)
  }

  @Test("does not make traffic come and go when it swings, or stays at the edge")
  func oscillation() {
    var path = Path()
    path.run(for: .seconds(10))
    var changes = 0
    for round in 0..<60 {
      path.roundTrip = .milliseconds(round.isMultiple(of: 2) ? 180 : 20)
      changes += path.run(for: .seconds(5))
    }
    #expect(changes == 1)
    // Between three quarters of the level and the level: neither left nor taken again.
    path.roundTrip = .milliseconds(90)
    #expect(path.run(for: .seconds(300)) == 0)
    #expect(path.isPoor)
  }

  @Test("is not left for single losses")
  func singleLosses() {
    var path = Path()
    path.loss = 0.0005
    #expect(path.run(for: .seconds(600)) == 0)
    #expect(!path.isPoor)
  }

  @Test("is not judged by a handful of tests")
  func fewTests() {
    var judge = ServiceLevelJudge(ServiceLevel(loss: 0, roundTrip: .zero, jitter: .zero, hold: .zero))
    judge.judge(nil, at: .zero)
    judge.judge(
      .init(tests: 19, lost: 19, meanRoundTrip: .seconds(1), shortestRoundTrip: .seconds(1), jitter: .seconds(1)),
      at: .zero)
    #expect(judge.violation == nil)
  }
}
