/// When a request is sent again, and when its peer is given up (RFC 7296 section 2.4 leaves the figures to us).
enum RetransmissionPolicy {
  /// Waiting times after the first, second … transmission: together 15.5 s, then the peer counts as dead.
  private static let waits: [Duration] = [
    .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8),
  ]

  /// How long to wait for an answer after transmission number `transmission`, counted from 1; nil to give up.
  static func wait(afterTransmission transmission: Int) -> Duration? {
    waits.indices.contains(transmission - 1) ? waits[transmission - 1] : nil
  }
}
