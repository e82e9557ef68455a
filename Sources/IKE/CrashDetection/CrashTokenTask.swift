/// QCD_TOKEN inside an IKE SA (RFC 6290 section 4.2), at either end: in IKE_AUTH, and in an INFORMATIONAL of its own where a
/// rekey has brought new SPIs.
final class ExchangeCrashTokens: ExchangeTask {
  /// The peer was faster, and has been answered.
  func isMoot(in session: IKESession) -> Bool { session.peerToken.token != nil }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard let tokens = context.tokens else { return [] }
    let token = tokens.token(session.initiatorSPI, session.responderSPI)
    return [.notify(NotifyPayload(.crashToken, data: token))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    guard let token = message.payloads.notify(.crashToken)?.data else { return }
    session.peerToken.note(token)
  }
}

/// The peer's token in an INFORMATIONAL, which is answered with ours.
final class AnswerCrashToken: ExchangeTask {
  private let exchange = ExchangeCrashTokens()
  private var isAsked = false

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    isAsked = message.payloads.notify(.crashToken) != nil
    exchange.process(message, in: session, context)
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    isAsked ? exchange.build(in: session, context) : []
  }
}
