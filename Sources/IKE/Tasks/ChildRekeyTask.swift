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

  var changesChild: Bool { true }

  /// The peer was faster: it has replaced the pair, or deleted it.
  func isMoot(in session: IKESession) -> Bool {
    session.children[old]?.state != .rekeying || creation.isMoot(in: session)
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    // RFC 7296 section 1.3.3: the SPI is the one at which we receive.
    let rekeyed: [Payload] = creation.isFollowingUp ? [] : [.notify(NotifyPayload(.rekeySA, childSPI: old))]
    return rekeyed + (try creation.build(in: session, context))
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    let crossing = session.children.values.first { $0.replaces == old }
    guard message.payloads.holdsAgreement else {
      return try refused(message, isCrossed: crossing != nil, in: session, context)
    }
    guard let new = try creation.conclude(message, in: session, context) else {
      return retry(after: .seconds(10), in: session, context)
    }
    let awaited = session.awaitedRekey(of: old)
    if let rival = crossing?.nonces ?? awaited?.nonces, new.nonces.lose(against: rival) {
      return stepBack(from: new, isCrossed: crossing != nil, in: session)
    }
    guard creation.isComplete else {
      // RFC 9370 section 2.2.4: the peer knows all four nonces too, and does not go on.
      if let awaited { session.forgetFollowUp(of: awaited) }
      throw .goOn
    }
    try session.install(new, context)
    // RFC 7296 section 2.8.1: whose new pair survives deletes the old one; the peer deletes the pair that lost.
    if let crossing { session.children[crossing.inboundSPI]?.state = .replaced }
    guard session.children[old] != nil else { return }
    session.children[old]?.state = .deleting
    session.enqueue(.informational, [DeleteChild(old)])
  }

  /// RFC 7296 section 2.8.1: the pair with the lowest nonce is closed by the end that created it. As that is we, it is
  /// never installed here: no packet is sent on a pair that is about to go.
  private func stepBack(from new: IKESession.NewChild, isCrossed: Bool, in session: IKESession) {
    session.children[old]?.state = isCrossed ? .replaced : .installed
    // RFC 9370 section 2.2.4: before its additional key exchanges there is no pair to delete.
    if creation.isComplete { session.enqueue(.informational, [DeleteChild(new.inboundSPI)]) }
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
  /// The inbound SPI of the pair that is replaced.
  private(set) var replaced: ESPSPI?

  init(_ notify: NotifyPayload) { self.notify = notify }

  var awaitedLink: [UInt8]? { creation?.awaitedLink }

  /// The nonces of CREATE_CHILD_SA, while additional key exchanges are to follow.
  var nonces: Nonces? { creation?.awaitedNonces }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    let child = try child(in: session)
    if creation == nil, let stale = session.awaitedRekey(of: child.inboundSPI) { session.forgetFollowUp(of: stale) }
    let creation = creation ?? AnswerChild(isFirst: false, replaces: child.inboundSPI)
    self.creation = creation
    replaced = child.inboundSPI
    try creation.process(message, in: session, context)
    if creation.awaitedLink != nil {
      // The pair is as good as replaced, and we need not do it as well.
      let end = context.now.advanced(by: AwaitedFollowUp.lifetime)
      session.children[child.inboundSPI]?.rekeys = max(child.rekeys, end)
    }
    // RFC 7296 section 2.8.1: where our own request to replace the pair is out, its response decides who has to step back.
    guard creation.hasSucceeded, !session.hasSentRekey(of: child.inboundSPI) else { return }
    session.children[child.inboundSPI]?.state = .replaced
  }

  /// The pair that the peer replaces, in a state in which it may do so.
  private func child(in session: IKESession) throws(ExchangeError) -> ChildRecord {
    guard let child = session.children.values.first(where: { $0.outboundSPI == notify.childSPI }) else {
      // A request of ours is out whose response, with this very pair, may be behind the peer's request.
      if session.hasSentChildChange { throw .refused(NotifyPayload(.temporaryFailure)) }
      // RFC 7296 section 2.25.1: the pair is gone on our side.
      throw .refused(NotifyPayload(.childSANotFound, childSPI: notify.childSPI))
    }
    // RFC 7296 section 2.25.1: we are deleting the pair, or the peer has replaced it already.
    guard child.state == .installed || child.state == .rekeying,
      !session.children.values.contains(where: { $0.replaces == child.inboundSPI }),
      !(session.isFollowingUp && session.hasSentRekey(of: child.inboundSPI))
    else { throw .refused(NotifyPayload(.temporaryFailure)) }
    return child
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    creation?.build(in: session, context) ?? []
  }
}
