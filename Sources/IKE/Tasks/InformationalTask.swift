/// Asks whether the peer is alive (RFC 7296 section 2.4): an INFORMATIONAL request without payloads.
final class InitiateLiveness: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {}
}

/// The peer tells, after IKE_AUTH, that it does not accept our proof of identity (RFC 7296 section 2.21.2).
final class AnswerFailureNotify: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let error = message.payloads.notify(.authenticationFailed) else { return }
    throw .fatal(notify: nil, .failed(.ikeSA, cause: error.cause(offering: "")))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}
