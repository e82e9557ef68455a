import Testing
import WireFormat

@testable import AgentCore

@Suite("A configuration that FRR has refused")
struct RefusedConfigurationTests {
  private let start = Instant.zero.advanced(by: .seconds(100))

  private func after(_ duration: Duration) -> Instant { start.advanced(by: duration) }

  @Test("is offered again after a second, then after twice as long, up to a minute")
  func backsOff() {
    var refusal = RefusedConfiguration()
    var now = start
    for delay in [1, 2, 4, 8, 16, 32, 60, 60] {
      refusal.record("a", now: now)
      #expect(!refusal.permits("a", now: now.advanced(by: .seconds(delay) - .milliseconds(1))))
      now = now.advanced(by: .seconds(delay))
      #expect(refusal.permits("a", now: now))
    }
  }

  @Test("does not hold up another one")
  func other() {
    var refusal = RefusedConfiguration()
    refusal.record("a", now: start)
    #expect(refusal.permits("b", now: start))
    refusal.record("b", now: start)
    #expect(refusal.permits("b", now: after(.seconds(1))))
  }

  @Test("is forgotten once a configuration was accepted")
  func forgotten() {
    var refusal = RefusedConfiguration()
    refusal.record("a", now: start)
    refusal.clear()
    #expect(refusal.permits("a", now: start))
  }
}
