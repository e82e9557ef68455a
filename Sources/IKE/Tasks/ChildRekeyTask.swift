import WireFormat

/// Rekey of a Child SA at the initiator (RFC 7296 section 1.3.3): `HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}  -->`.
///
/// Make before break: the new pair carries traffic before the old one is deleted.
final class InitiateChildRekey: ExchangeTask {
  private let old: ESPSPI
  private let creation: InitiateChild

  init(_ child: ChildRecord) {
    old = child.inboundSPI
    creation = InitiateChild(
      isFirst: false, local: child.localSelectors, remote: child.remoteSelectors, replaces: child.inboundSPI)
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    // RFC 7296 section 1.3.3: the SPI is the one at which we receive.
    [.notify(NotifyPayload(.rekeySA, childSPI: old))] + (try creation.build(in: session, context))
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    if message.payloads.notify(.childSANotFound) != nil {
      // RFC 7296 section 2.25: the peer has deleted the pair, so we forget it without a DELETE.
      session.removeChild(old, reason: "the peer does not know it any more")
      return session.replaceMissingChild(context)
    }
    if message.payloads.notify(.temporaryFailure) != nil {
      // RFC 7296 section 2.25: the peer is in the middle of something; try again soon, but not in step with it.
      return retry(after: .seconds(1) + context.share(of: .seconds(3)), in: session, context)
    }
    try creation.process(message, in: session, context)
    guard creation.hasSucceeded else { return retry(after: .seconds(10), in: session, context) }
    guard session.children[old] != nil else { return }
    session.children[old]?.state = .deleting
    session.enqueue(.informational, [DeleteChild(old)])
  }

  private func retry(after wait: Duration, in session: IKESession, _ context: SessionContext) {
    session.children[old]?.state = .installed
    session.children[old]?.rekeys = context.now.advanced(by: wait)
  }
}

/// Rekey of a Child SA at the responder.
final class AnswerChildRekey: ExchangeTask {
  private let notify: NotifyPayload
  private var creation: AnswerChild?

  init(_ notify: NotifyPayload) { self.notify = notify }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let child = session.children.values.first(where: { $0.outboundSPI == notify.childSPI }) else {
      // RFC 7296 section 2.25: the pair is gone on our side.
      throw .refused(NotifyPayload(.childSANotFound, childSPI: notify.childSPI))
    }
    // RFC 7296 section 2.25.1: we are replacing or deleting it ourselves; whoever comes second tries again.
    guard child.state == .installed else { throw .refused(NotifyPayload(.temporaryFailure)) }
    let creation = AnswerChild(isFirst: false, replaces: child.inboundSPI)
    self.creation = creation
    try creation.process(message, in: session, context)
    if creation.hasSucceeded { session.children[child.inboundSPI]?.state = .replaced }
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    creation?.build(in: session, context) ?? []
  }
}
