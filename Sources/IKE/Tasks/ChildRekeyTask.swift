import WireFormat

/// Rekey of a Child SA at the initiator (RFC 7296 section 1.3.3): `HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}  -->`.
///
/// Make before break: the new pair carries traffic before the old one is deleted.
final class InitiateChildRekey: ExchangeTask {
  /// The inbound SPI of the pair that is replaced.
  let old: ESPSPI
  private let creation: InitiateChild

  init(_ child: ChildRecord) {
    old = child.inboundSPI
    creation = InitiateChild(
      isFirst: false, local: child.localSelectors, remote: child.remoteSelectors, replaces: child.inboundSPI)
  }

  var subject: ESPSPI? { old }

  /// The peer was faster: it has replaced the pair, or deleted it.
  func isMoot(in session: IKESession) -> Bool { session.children[old]?.state != .rekeying }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    // RFC 7296 section 1.3.3: the SPI is the one at which we receive.
    [.notify(NotifyPayload(.rekeySA, childSPI: old))] + (try creation.build(in: session, context))
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    let crossing = session.children.values.first { $0.replaces == old }
    guard message.payloads.securityAssociation != nil else {
      return try refused(message, isCrossed: crossing != nil, in: session, context)
    }
    guard let new = try creation.conclude(message, in: session, context) else {
      return retry(after: .seconds(10), in: session, context)
    }
    if let crossing, new.nonces.lose(against: crossing.nonces) { return stepBack(from: new, in: session) }
    try session.install(new, context)
    // RFC 7296 section 2.8.1: whose new pair survives deletes the old one; the peer deletes the pair that lost.
    if let crossing { session.children[crossing.inboundSPI]?.state = .replaced }
    guard session.children[old] != nil else { return }
    session.children[old]?.state = .deleting
    session.enqueue(.informational, [DeleteChild(old)])
  }

  /// RFC 7296 section 2.8.1: the pair with the lowest nonce is closed by the end that created it. As that is we, it is
  /// never installed here: no packet is sent on a pair that is about to go.
  private func stepBack(from new: IKESession.NewChild, in session: IKESession) {
    session.children[old]?.state = .replaced
    session.enqueue(.informational, [DeleteChild(new.inboundSPI)])
  }

  private func refused(
    _ message: IKEMessage, isCrossed: Bool, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) {
    if isCrossed {
      // RFC 7296 section 2.8.1: the peer did not notice that both ends have rekeyed the pair: its own rekey stands.
      session.children[old]?.state = .replaced
    } else if message.payloads.notify(.childSANotFound) != nil {
      // RFC 7296 section 2.25: the peer has deleted the pair, so we forget it without a DELETE and begin from scratch.
      session.removeChild(old, reason: "the peer does not know it any more")
      session.replaceMissingChild(context)
    } else if message.payloads.notify(.temporaryFailure) != nil {
      // RFC 7296 section 2.25: the peer is in the middle of something; try again soon, but not in step with it.
      retry(after: .busyPeer(context), in: session, context)
    } else {
      _ = try creation.conclude(message, in: session, context)
      retry(after: .seconds(10), in: session, context)
    }
  }

  private func retry(after wait: Duration, in session: IKESession, _ context: SessionContext) {
    session.children[old]?.state = .installed
    session.children[old]?.rekeys = context.now.advanced(by: wait)
  }
}

extension Duration {
  /// How long to wait after TEMPORARY_FAILURE (RFC 7296 section 2.25); random, so that both ends do not act in step.
  static func busyPeer(_ context: SessionContext) -> Duration { .seconds(1) + context.share(of: .seconds(3)) }
}

/// Rekey of a Child SA at the responder.
final class AnswerChildRekey: ExchangeTask {
  private let notify: NotifyPayload
  private var creation: AnswerChild?

  init(_ notify: NotifyPayload) { self.notify = notify }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let child = session.children.values.first(where: { $0.outboundSPI == notify.childSPI }) else {
      // A request of ours is out whose response, with this very pair, may be behind the peer's request.
      if session.hasSentChildChange { throw .refused(NotifyPayload(.temporaryFailure)) }
      // RFC 7296 section 2.25.1: the pair is gone on our side.
      throw .refused(NotifyPayload(.childSANotFound, childSPI: notify.childSPI))
    }
    // RFC 7296 section 2.25.1: we are deleting the pair, or the peer has replaced it already.
    guard child.state == .installed || child.state == .rekeying,
      !session.children.values.contains(where: { $0.replaces == child.inboundSPI })
    else { throw .refused(NotifyPayload(.temporaryFailure)) }
    let creation = AnswerChild(isFirst: false, replaces: child.inboundSPI)
    self.creation = creation
    try creation.process(message, in: session, context)
    // RFC 7296 section 2.8.1: where our own request to replace the pair is out, its response decides who has to step back.
    guard creation.hasSucceeded, !session.hasSentRekey(of: child.inboundSPI) else { return }
    session.children[child.inboundSPI]?.state = .replaced
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    creation?.build(in: session, context) ?? []
  }
}
