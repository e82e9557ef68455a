import WireFormat

/// What the engine remembers of a connection besides its sessions.
struct ConnectionState {
  /// The session that is established and carries the tunnel.
  var current: IKESPI? { didSet { isCurrentLost = false } }
  /// Whether the peer has lost that session, so that another is set up beside it.
  var isCurrentLost = false
  /// The session that we are trying to establish.
  var attempt: IKESPI?
  /// By which the next attempt resumes the session before it (RFC 5723).
  var ticket: HeldTicket?
  /// Attempts that have failed in a row.
  var failures = 0
  /// Whether the operator has closed the connection, so that it is not tried again.
  var isSuspended = false

  /// Whether there is neither a session that both ends have nor an attempt.
  var needsSession: Bool { (current == nil || isCurrentLost) && attempt == nil }

  private static let longestWait: Duration = .seconds(60)
  /// A session that lived for so long was a success, whatever ended it.
  private static let stableAfter: Duration = .seconds(60)

  /// How long to wait before the next attempt: 1, 2, 4 … 60 s.
  mutating func backOff(afterSessionOf age: Duration?) -> Duration {
    if let age, age >= ConnectionState.stableAfter { failures = 0 }
    let wait = min(Duration.seconds(1 << min(failures, 6)), ConnectionState.longestWait)
    failures += 1
    return wait
  }
}
