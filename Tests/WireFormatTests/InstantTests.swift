import Testing
import WireFormat

@Suite struct InstantTests {
  @Test("instants and durations add up and compare")
  func arithmetic() {
    let start = Instant(nanoseconds: 5)
    let later = start.advanced(by: .seconds(2))
    #expect(later == Instant(nanoseconds: 2_000_000_005))
    #expect(start.duration(to: later) == .seconds(2))
    #expect(start < later)
    #expect(later.advanced(by: .seconds(-2)) == start)
  }

  @Test("time saturates rather than overflow")
  func saturation() {
    let end = Instant(nanoseconds: .max)
    #expect(end.advanced(by: .nanoseconds(1)) == end)
    #expect(Instant(nanoseconds: .min).advanced(by: .nanoseconds(-1)) == Instant(nanoseconds: .min))
    #expect(Instant.zero.advanced(by: .seconds(Int64.max)) == end)
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    #expect(Duration.milliseconds(-1).nanoseconds == -1_000_000)
  }
}
