import Testing

@testable import AgentCore

@Suite("The restart policy")
struct RestartPolicyTests {
  @Test("starts a role again at once when it dies for the first time")
  func first() {
    var policy = RestartPolicy()
    #expect(policy.died(afterRunning: .milliseconds(1)) == .zero)
  }

  @Test("waits ever longer for one that keeps dying, but never more than ten seconds")
  func backoff() {
    var policy = RestartPolicy()
    let delays = (0..<30).map { _ in policy.died(afterRunning: .milliseconds(1)) }
    #expect(delays[1] == .milliseconds(100))
    #expect(delays[2] == .milliseconds(200))
    #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(delays.last == .seconds(10))
  }

  @Test("forgives a role that has run for a while")
  func recovery() {
    var policy = RestartPolicy()
    for _ in 0..<5 { _ = policy.died(afterRunning: .zero) }
    #expect(policy.died(afterRunning: RestartPolicy.healthyAfter) == .zero)
  }
}
