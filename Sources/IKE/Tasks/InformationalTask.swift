/// Asks whether the peer is alive (RFC 7296 section 2.4): an INFORMATIONAL request without payloads.
final class InitiateLiveness: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {}
}

/// An authentic request of an exchange that we do not know, or that has no place any more: refused, as silence would make
/// the peer take us for dead (RFC 7296 section 3.10.1).
final class RefuseExchange: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    throw .refused(NotifyPayload(.invalidSyntax))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}

/// The peer tells, after IKE_AUTH, that it does not accept our proof of identity (RFC 7296 section 2.21.2).
final class AnswerFailureNotify: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let error = message.payloads.notify(.authenticationFailed) else { return }
    throw .fatal(notify: nil, .failed(.ikeSA, cause: error.cause(offering: "")))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}
