import WireFormat

/// The session's clocks.
extension IKESession {
  /// When `timeout` is due; nil if never.
  var nextDeadline: Instant? {
    // Asked for after every message: no array is made for it.
    var earliest = EarliestDeadline()
    earliest.note(removal)
    earliest.note(refusal?.due)
    earliest.note(requests.outstanding?.deadline)
    if !queue.isEmpty { earliest.note(unconfirmed?.until) }
    for followUp in followUps { earliest.note(followUp.expires) }
    earliest.note(fragmentation.request.deadline)
    earliest.note(fragmentation.response.deadline)
    if phase == .initial { earliest.note(unauthenticatedRefusal?.due) }
    if phase == .established { noteDeadlinesWhenEstablished(&earliest) }
    return earliest.instant
  }

  private func noteDeadlinesWhenEstablished(_ earliest: inout EarliestDeadline) {
    earliest.note(childRetry)
    earliest.note(livenessDeadline)
    earliest.note(lifetime?.expires)
    earliest.note(superseded)
    for (due, _) in postponed { earliest.note(due) }
    if !isRekeying { earliest.note(lifetime?.rekeys) }
    for child in children.values {
      earliest.note(child.expires)
      if child.state == .installed { earliest.note(child.rekeys) }
    }
  }

  /// Does what is due at `context.now`; true if the session is to be thrown away.
  func timeout(_ context: SessionContext) -> Bool {
    sendRefusal(context)
    if let removal, removal <= context.now {
      end(.silent, context)
      return true
    }
    acceptRefusal(context)
    fragmentation.expire(at: context.now)
    switch requests.timeout(at: context.now) {
    case .nothing: break
    case .sendAgain: sendRequestAgain()
    case .giveUp: giveUp(context)
    }
    expireFollowUps(context)
    guard phase == .established else { return false }
    if let superseded, superseded <= context.now { closeAsDuplicate(context) }
    expire(context)
    rekey(context)
    if let childRetry, childRetry <= context.now { createMissingChild() }
    resumePostponed(context)
    if let livenessDeadline, livenessDeadline <= context.now { enqueue(.informational, [InitiateLiveness()]) }
    startNextExchange(context)
    return false
  }

  /// When the peer is asked whether it is alive: RFC 7296 section 2.4: only after it has been silent, and an
  /// outstanding request asks already.
  private var livenessDeadline: Instant? {
    guard requests.outstanding == nil, let interval = connection?.deadPeerInterval,
      interval > .zero
    else { return nil }
    return lastHeard.advanced(by: interval)
  }

  /// No answer to a request: the peer is gone.
  private func giveUp(_ context: SessionContext) {
    switch phase {
    case .initial: end(lastIgnored.map { .failed(.ikeSA, cause: $0) } ?? noAnswer, context)
    case .authenticating: end(noAnswerToAuthentication, context)
    case .established where tryNextAddress(context): break
    case .established: end(.closed(reason: "the peer has stopped answering (dead peer detection)"), context)
    case .deleting: end(.closed(reason: "closed; the peer did not answer the DELETE"), context)
    case .successor, .replaced: end(.silent, context)
    case .ended: break
    }
  }

  private var noAnswer: SessionEnd {
    .failed(
      .reachability,
      cause:
        "no answer from \(path.remote): the peer is down, UDP \(path.remote.port) is blocked, or it does not know us")
  }

  private var noAnswerToAuthentication: SessionEnd {
    let exchange = requests.outstanding?.exchange.type ?? .authentication
    return .failed(
      .ikeSA, cause: "the peer answered IKE_SA_INIT but not \(exchange): is UDP \(path.remote.port) blocked?")
  }

  /// Hard ends: an SA is not used beyond its lifetime, whatever became of its rekey.
  private func expire(_ context: SessionContext) {
    for child in children.values where child.expires <= context.now {
      removeChild(child.inboundSPI, reason: "its lifetime is over")
      enqueue(.informational, [DeleteChild(child.inboundSPI)])
      replaceMissingChild(context)
    }
    if let lifetime, lifetime.expires <= context.now { close(reason: "the IKE SA's lifetime is over", context) }
  }

  /// Soft ends: a successor is negotiated while the SA still works (RFC 7296 section 2.8).
  private func rekey(_ context: SessionContext) {
    guard phase == .established else { return }
    for child in children.values where child.state == .installed && child.rekeys <= context.now {
      rekeyChild(child.inboundSPI)
    }
    if let lifetime, lifetime.rekeys <= context.now { rekeyIKE() }
  }
}

/// The earliest of the instants that it is told of.
private struct EarliestDeadline {
  private(set) var instant: Instant?

  mutating func note(_ deadline: Instant?) {
    guard let deadline else { return }
    instant = instant.map { min($0, deadline) } ?? deadline
  }
}
