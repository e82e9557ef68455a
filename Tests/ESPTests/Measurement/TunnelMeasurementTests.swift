import FabricTestKit
import Testing
import WireFormat

@testable import ESP

struct TunnelMeasurementTests {
  /// A path of some delay each way, with a peer whose clock is somewhere else and who takes its time.
  private struct Path {
    var clock = ManualClock()
    var measurement: TunnelMeasurement
    let atPeer = Duration.milliseconds(3)

    init(interval: Duration) { measurement = TunnelMeasurement(interval: interval, at: .zero) }

    /// Lets the next test be sent and, where there is a delay, answered.
    mutating func next(oneWay: Duration?) -> STAMPReflection? {
      guard let deadline = measurement.nextDeadline else { return nil }
      clock.advance(to: deadline)
      guard let test = measurement.timeout(at: clock.now), let oneWay else { return nil }
      let received = Instant(nanoseconds: 77_000_000_000).advanced(by: .zero + oneWay)
      let reflection = STAMPReflection(
        test: test, received: STAMPTimestamp(received), sent: STAMPTimestamp(received.advanced(by: atPeer)))
      clock.advance(by: oneWay + atPeer + oneWay)
      measurement.answered(reflection, at: clock.now)
      return reflection
    }

    var result: TunnelMeasurement.Result? { measurement.result(at: clock.now.advanced(by: .seconds(2))) }
  }

  private func microseconds(_ duration: Duration?) -> Int {
    duration.map { Int(($0 / .microseconds(1)).rounded()) } ?? -1
  }

  @Test("The round trip is that of the path: the peer's time and clock do not count")
  func roundTrip() {
    var path = Path(interval: .seconds(1))
    for _ in 0..<10 { _ = path.next(oneWay: .milliseconds(20)) }
    #expect(path.result?.tests == 10)
    #expect(path.result?.lost == 0)
    #expect(microseconds(path.result?.meanRoundTrip) == 40_000)
    #expect(microseconds(path.result?.jitter) == 0)
  }

  @Test("Mean, shortest and jitter are those of the tests that were answered")
  func statistics() {
    var path = Path(interval: .seconds(1))
    for milliseconds in [10, 20, 10, 30] { _ = path.next(oneWay: .milliseconds(milliseconds)) }
    #expect(microseconds(path.result?.meanRoundTrip) == 35_000)
    #expect(microseconds(path.result?.shortestRoundTrip) == 20_000)
    #expect(microseconds(path.result?.jitter) == 26_667)
  }

  @Test("A test without an answer is lost after two seconds, and not before")
  func loss() {
    var path = Path(interval: .seconds(1))
    _ = path.next(oneWay: .milliseconds(5))
    _ = path.next(oneWay: nil)
    let sentAt = path.clock.now
    #expect(path.measurement.result(at: sentAt.advanced(by: .milliseconds(1999)))?.tests == 1)
    let result = path.measurement.result(at: sentAt.advanced(by: .seconds(2)))
    #expect(result?.tests == 2 && result?.lost == 1)
  }

  @Test("A late answer makes good for the loss, a second one and one to an old test count for nothing")
  func lateAnswers() throws {
    var path = Path(interval: .seconds(1))
    let answer = path.next(oneWay: .milliseconds(5))
    let first = try #require(answer)
    path.measurement.answered(first, at: path.clock.now.advanced(by: .seconds(1)))
    #expect(microseconds(path.result?.meanRoundTrip) == 10_000)
    for _ in 0..<100 { _ = path.next(oneWay: .milliseconds(7)) }
    path.measurement.answered(first, at: path.clock.now)
    #expect(path.result?.tests == 100)
    #expect(microseconds(path.result?.shortestRoundTrip) == 14_000)
  }

  @Test("A peer that answers nothing gives no result; without an interval there is no test")
  func noAnswers() {
    var path = Path(interval: .seconds(1))
    for _ in 0..<5 { _ = path.next(oneWay: nil) }
    #expect(path.result == nil)
    #expect(TunnelMeasurement(interval: .zero, at: .zero).nextDeadline == nil)
  }

  @Test("A peer whose clock jumps backwards does not make a path longer or negative")
  func jumpingClock() throws {
    var path = Path(interval: .seconds(1))
    let deadline = try #require(path.measurement.nextDeadline)
    let sent = path.measurement.timeout(at: deadline)
    let test = try #require(sent)
    let reflection = STAMPReflection(
      test: test, received: STAMPTimestamp(rawValue: 5 << 32), sent: STAMPTimestamp(rawValue: 1 << 32))
    path.measurement.answered(reflection, at: deadline.advanced(by: .milliseconds(8)))
    #expect(microseconds(path.measurement.result(at: deadline)?.meanRoundTrip) == 8000)
  }

  @Test("Tests follow each other at the interval, however late the timer is", arguments: [100, 1000, 60_000])
  func interval(milliseconds: Int) {
    var measurement = TunnelMeasurement(interval: .milliseconds(milliseconds), at: Instant(nanoseconds: 12_345))
    var sent = 0
    var now = Instant.zero
    let end = Instant.zero.advanced(by: .milliseconds(milliseconds * 50))
    while let deadline = measurement.nextDeadline, deadline <= end {
      now = deadline.advanced(by: .milliseconds(7))
      if measurement.timeout(at: now) != nil { sent += 1 }
    }
    #expect((48...50).contains(sent))
  }
}
