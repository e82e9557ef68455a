import WireFormat

/// A CREATE_CHILD_SA of the peer's that we have answered, and whose additional key exchanges are still to come
/// (RFC 9370 section 2.2.4).
struct AwaitedFollowUp {
  /// RFC 9370 section 2.2.4: the responder must not wait for ever, and 5 to 20 seconds is what it recommends.
  static let lifetime: Duration = .seconds(20)
  /// An initiator that begins more of them than this at a time gets the oldest one forgotten.
  static let limit = 4

  let link: [UInt8]
  let task: any ExchangeTask
  let expires: Instant
}

extension IKESession {
  /// Keeps a task that has answered one round until the next one comes.
  func awaitFollowUp(of task: any ExchangeTask, _ context: SessionContext) {
    guard let link = task.awaitedLink else { return }
    if followUps.count == AwaitedFollowUp.limit { followUps.removeFirst() }
    followUps.append(
      AwaitedFollowUp(link: link, task: task, expires: context.now.advanced(by: AwaitedFollowUp.lifetime)))
  }

  /// The task that an IKE_FOLLOWUP_KE request goes on with.
  func takeFollowUp(_ payloads: [Payload]) -> any ExchangeTask {
    guard let link = payloads.followUpLink, let index = followUps.firstIndex(where: { $0.link == link }) else {
      return RefuseFollowUp()
    }
    return followUps.remove(at: index).task
  }

  /// Forgets what the initiator has not gone on with in time.
  func expireFollowUps(_ context: SessionContext) { followUps.removeAll { $0.expires <= context.now } }

  /// The peer's rekey of a Child SA of ours that waits for its next round.
  func awaitedRekey(of child: ESPSPI) -> AnswerChildRekey? {
    followUps.lazy.compactMap { $0.task as? AnswerChildRekey }.first { $0.replaced == child }
  }

  /// The peer's rekey of the IKE SA that waits for its next round.
  var awaitedIKERekey: AnswerIKERekey? { followUps.lazy.compactMap { $0.task as? AnswerIKERekey }.first }

  /// The peer has stopped a rekey that has crossed ours.
  func forgetFollowUp(of task: any ExchangeTask) { followUps.removeAll { $0.task === task } }

  /// Whether an exchange has to wait until the peer has gone on with what it has begun: its rekey of the IKE SA takes over
  /// all Child SAs as they are, and a rekey of ours would have to be refused.
  func waitsForFollowUp(_ exchange: Exchange) -> Bool {
    guard !followUps.isEmpty, exchange.type != .followUpKeyExchange else { return false }
    return exchange.tasks.contains { $0 is InitiateIKERekey || (awaitedIKERekey != nil && $0.changesChild) }
  }

  /// Whether our own rekey is past CREATE_CHILD_SA. RFC 9370 section 2.2.4: the peer's rekey of the same SA is then
  /// refused with TEMPORARY_FAILURE, as its nonces come too late to be compared.
  var isFollowingUp: Bool { requests.outstanding?.exchange.type == .followUpKeyExchange }
}
