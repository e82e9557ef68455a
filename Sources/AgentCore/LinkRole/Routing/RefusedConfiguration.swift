import WireFormat

/// When a configuration that FRR has refused is offered again: ever more rarely, but never given up, because a refusal
/// may come from a daemon that was just then starting, and nobody drives to a branch to try again.
struct RefusedConfiguration: Equatable, Sendable {
  private static let firstDelay = Duration.seconds(1)
  private static let longestDelay = Duration.seconds(60)

  private var text: String?
  private var delay = RefusedConfiguration.firstDelay
  private var due = Instant.zero

  /// Takes note of a refusal.
  mutating func record(_ text: String, now: Instant) {
    delay = self.text == text ? min(delay * 2, RefusedConfiguration.longestDelay) : RefusedConfiguration.firstDelay
    self.text = text
    due = now.advanced(by: delay)
  }

  /// Whether a configuration may be offered now: one that was not the last refused may be at once.
  func permits(_ text: String, now: Instant) -> Bool { self.text != text || now >= due }

  /// Forgets the refusal, as a configuration was accepted.
  mutating func clear() { self = RefusedConfiguration() }
}
