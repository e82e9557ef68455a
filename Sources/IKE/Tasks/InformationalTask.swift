/// Asks whether the peer is alive (RFC 7296 section 2.4): an INFORMATIONAL request without payloads, or behind a NAT with
/// those by which a change of its mapping shows (RFC 4555 section 3.8).
final class InitiateLiveness: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.watchesMapping ? natDetectionPayloads(in: session, along: session.path, context) : []
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.noteMapping(message.payloads.notify(.natDetectionDestinationIP)?.data)
  }
}

/// The peer tells, after IKE_AUTH, that it does not accept our proof of identity (RFC 7296 section 2.21.2).
final class AnswerFailureNotify: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let error = message.payloads.notify(.authenticationFailed) else { return }
    throw .fatal(notify: nil, .failed(.ikeSA, cause: error.cause(offering: "")))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}
