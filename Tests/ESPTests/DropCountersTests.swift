import ESP
import Testing

@Suite struct DropCountersTests {
  @Test("each reason has a counter of its own")
  func counting() {
    var counters = DropCounters()
    #expect(counters.total == 0)
    for (index, reason) in DropReason.allCases.enumerated() {
      for _ in 0...index { counters.count(reason) }
    }
    for (index, reason) in DropReason.allCases.enumerated() { #expect(counters[reason] == UInt64(index + 1)) }
    let reasons = UInt64(DropReason.allCases.count)
    #expect(counters.total == reasons * (reasons + 1) / 2)
  }
}
