import Testing

/// What came of every scenario of a run, as a table for people and for `docs/interop.md`.
struct InteroperabilityMatrix {
  private let title: String
  private let steps: [Step]
  private var lines: [(scenario: Scenario, results: [Step: Bool])] = []

  init(_ title: String, _ steps: [Step], _ scenarios: [Scenario]) {
    self.title = title
    self.steps = steps
    lines = scenarios.map { ($0, [:]) }
  }

  /// Waits until a conversation has come to the end of a step, until `deadline` at most; a failure is the test's too.
  mutating func record(
    _ step: Step, of index: Int, _ conversation: Conversation, by deadline: ContinuousClock.Instant
  ) async throws {
    var missing = try conversation.missing(for: step)
    while missing != nil, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(300))
      missing = try conversation.missing(for: step)
    }
    lines[index].results[step] = missing == nil
    let description = "\(conversation.scenario.make.rawValue), \(conversation.partner.suite): \(step.rawValue)"
    #expect(missing == nil, "\(description)\(conversation.details)")
  }

  /// Whether nothing has failed in this line so far.
  func isSound(_ index: Int) -> Bool { !lines[index].results.values.contains(false) }

  /// The table in Markdown.
  var text: String {
    let head = ["peer", "proof", "Phase 1", "Phase 2", "group"] + steps.map(\.rawValue)
    let rows = lines.map { scenario, results in
      let suite = scenario.suite
      return [
        scenario.make.rawValue, suite.authentication.rawValue + (suite.hasPostQuantumKey ? ", PPK" : ""),
        suite.ike.rawValue, suite.esp.rawValue + (suite.esn ? ", ESN" : ""), suite.group.rawValue,
      ]
        + steps.map { step in results[step].map { $0 ? "yes" : "**no**" } ?? "–" }
    }
    let table = [head, head.map { _ in "---" }] + rows
    return "\n### \(title)\n\n" + table.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
  }
}
