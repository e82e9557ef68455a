import FabricTestKit
import Testing
import WireFormat

@testable import AgentCore

@Suite("The pace of traffic")
struct TrafficPaceTests {
  private var pace = TrafficPace()
  private var clock = ManualClock(now: Instant(nanoseconds: 1_000_000_000_000))

  /// Counts turns that follow each other at this interval; how many bursts that made.
  private mutating func turns(_ count: Int, every interval: Duration) -> Int {
    var bursts = 0
    for _ in 0..<count {
      clock.advance(by: interval)
      let now = clock.now
      if pace.countTurn(now: { now }) { bursts += 1 }
    }
    return bursts
  }

  private mutating func isOver() -> Bool { pace.isOver(at: clock.now) }

  @Test("liveness packets at twenty a second let processors sleep")
  mutating func slowTraffic() {
    #expect(turns(1000, every: .milliseconds(25)) == 0)
    #expect(pace.awakeUntil == nil)
  }

  @Test("a ping every five milliseconds, there and back, keeps them awake till it ends")
  mutating func fastTraffic() {
    #expect(turns(100, every: .microseconds(2500)) == 3)
    #expect(pace.awakeUntil == clock.now.advanced(by: .milliseconds(200)))
    #expect(!isOver())
    clock.advance(by: .milliseconds(200))
    #expect(isOver())
    #expect(pace.awakeUntil == nil)
    #expect(!isOver())
  }

  @Test("bursts that lie far apart are not fast traffic")
  mutating func rareBursts() {
    for _ in 0..<10 {
      #expect(turns(25, every: .microseconds(10)) == 0)
      clock.advance(by: .seconds(1))
    }
  }
}
