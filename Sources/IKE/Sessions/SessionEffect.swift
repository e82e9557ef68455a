/// What a session tells the engine.
enum SessionEffect {
  /// To be done by the shell.
  case action(IKEAction)
  /// The peer has proved its identity.
  case established
  /// The peer has lost all other IKE SAs with us.
  case isSoleContact
  /// The peer has given a ticket to resume the session with, or the one that it had given is of no more use.
  case ticket(HeldTicket?)
  /// The peer has proved that it does not have the IKE SA any more.
  case lostByPeer
  /// This session has taken over: it is the same IKE SA under new keys (RFC 7296 section 2.18).
  case replaced(by: IKESession)
  /// Another session of the same tunnel has been made or changed along, and has effects of its own.
  case changed(IKESession)
  /// The session is over.
  case ended(SessionEnd)
}

extension SessionEffect {
  /// Whether this is the news of a Child SA.
  var announcesChild: Bool {
    switch self {
    case .action(.installChildSA): true
    case .action(.report(let report)): if case .childEstablished = report.content { true } else { false }
    default: false
    }
  }
}

/// How a session came to its end.
enum SessionEnd: Equatable {
  /// It was never established.
  case failed(IKEReport.Stage, cause: String)
  /// It was established.
  case closed(reason: String)
  /// The peer does not take the ticket that the session was to resume another with: a full handshake follows at once.
  case ticketRefused
  /// Nothing is to be said: the session was half open and never ours to report, or has been replaced.
  case silent
}
