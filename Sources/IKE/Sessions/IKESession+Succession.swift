import WireFormat

/// How an IKE SA hands over to the one that replaces it (RFC 7296 section 2.18), also where both ends rekey at once
/// (section 2.8.2).
extension IKESession {
  /// The peer's rekey of this IKE SA, which we have answered while our own request to rekey was out.
  struct Crossing {
    let successor: IKESession
    let nonces: Nonces
  }

  /// Whether this IKE SA is the tunnel's, rather than one that a rekey has left behind or has yet to put in charge.
  var isInCharge: Bool { phase != .replaced && phase != .successor }

  /// Whether a request of ours to replace the IKE SA is queued or out.
  var isRekeying: Bool {
    hasSentIKERekey || queue.contains { $0.tasks.contains { $0 is InitiateIKERekey } }
  }

  /// Whether a request of ours is under way that replaces the IKE SA by one with this SPI of ours.
  func isAboutToHave(_ spi: IKESPI) -> Bool {
    let exchanges = queue + [requests.outstanding?.exchange].compactMap { $0 }
    return exchanges.contains { $0.tasks.contains { ($0 as? InitiateIKERekey)?.spi == spi } }
  }

  /// The Child SAs, and what is still to be done, go to `successor`; this IKE SA waits for its DELETE.
  func handOver(to successor: IKESession, _ context: SessionContext) {
    successor.inherit(from: self, context)
    children = [:]
    queue = []
    followUps = []
    phase = .replaced
    crossing = nil
    childRetry = nil
    lifetime = nil
    removal = context.now.advanced(by: IKESession.halfOpenLifetime)
    effects.append(.replaced(by: successor))
  }

  private func inherit(from old: IKESession, _ context: SessionContext) {
    path = old.path
    nat = old.nat
    fragmentation.sizes = old.fragmentation.sizes
    peerProof = old.peerProof
    mobility = old.mobility.inherited
    postponed = old.postponed
    children = old.children
    childRetry = old.childRetry
    childFailures = old.childFailures
    unconfirmed = old.unconfirmed
    queue = old.queue.filter { !$0.tasks.contains { $0 is InitiateIKERekey } }
    verifyPath(insteadOf: old)
    predecessor = nil
    begin(context)
    confirmMapping()
    // RFC 7296 section 2.25.2: the old IKE SA was about to be closed when the response to its rekey came in.
    if old.phase == .deleting { phase = .deleting }
    announceToken(context)
  }

  /// Both ends have rekeyed this IKE SA: the nonces decide when the response to our own request has come.
  func cross(with successor: IKESession, _ nonces: Nonces) {
    crossing = Crossing(successor: successor, nonces: nonces)
    successor.predecessor = self
    effects.append(.changed(successor))
  }

  /// The peer uses its own successor before the response to our rekey has come, so that it has decided who steps back.
  /// It does not if all it wants is to delete it.
  func takeOver(because request: [Payload], _ context: SessionContext) {
    guard phase == .successor, !request.deletes.contains(.ikeSA), let predecessor, predecessor.crossing != nil else {
      return
    }
    predecessor.handOver(to: self, context)
    effects.append(.changed(predecessor))
  }
}
