import WireFormat

/// What the engine and the timers ask a session to do.
extension IKESession {
  /// Sends IKE_SA_INIT, or IKE_SESSION_RESUME where there is a ticket.
  func start(resuming ticket: HeldTicket?, _ context: SessionContext) {
    report(.connecting(path.remote))
    if let ticket {
      enqueue(.sessionResume, [InitiateResumption(ticket), InitiateNATDetection(), NegotiateFragmentation()])
      return startNextExchange(context)
    }
    guard let connection, let first = connection.ikeProposals.first?.keyExchangeMethods.first else { return }
    enqueue(
      .initial,
      [
        InitiateIKESA(connection.ikeProposals, method: first), InitiateNATDetection(), NegotiateFragmentation(),
        InitiateSignatureNegotiation(), InitiatePostQuantumPresharedKey(),
      ])
    startNextExchange(context)
  }

  /// Deletes the IKE SA with all its Child SAs (RFC 7296 section 1.4.1); a half-open one just ends.
  func close(reason: String, _ context: SessionContext) {
    switch phase {
    case .initial, .authenticating: end(.closed(reason: reason), context)
    case .established:
      phase = .deleting
      queue = [Exchange(type: .informational, tasks: [DeleteIKESA(reason: reason)])]
      startNextExchange(context)
    case .successor, .replaced, .deleting, .ended: break
    }
  }

  /// Closes the IKE SA of a peer that is not to be believed any more. Its Child SAs do not wait for its answer.
  func closeUntrusted(reason: String, _ context: SessionContext) {
    for child in children.values { removeChild(child.inboundSPI, reason: reason) }
    close(reason: reason, context)
  }

  /// Asks the peer for a Child SA with these selectors.
  func createChild(local: [TrafficSelector], remote: [TrafficSelector], _ context: SessionContext) {
    guard phase == .established else { return }
    enqueue(.createChildSA, [InitiateChild(isFirst: false, local: local, remote: remote)])
    startNextExchange(context)
  }

  /// Queues a rekey of a Child SA, unless one is under way.
  func rekeyChild(_ inboundSPI: ESPSPI) {
    guard phase == .established, let child = children[inboundSPI], child.state == .installed else { return }
    children[inboundSPI]?.state = .rekeying
    enqueue(.createChildSA, [InitiateChildRekey(child)])
  }

  /// Queues a rekey of the IKE SA, unless one is under way.
  func rekeyIKE() {
    guard phase == .established, !isRekeying, let connection, let method = sa?.suite.keyExchange else { return }
    enqueue(.createChildSA, [InitiateIKERekey(connection.ikeProposals, method: method)])
  }

  /// Makes a request later that the peer was too busy for. RFC 7296 section 2.25: not at once, and not in step with it.
  func postpone(_ task: any ExchangeTask, _ context: SessionContext) {
    let exchange = Exchange(type: .createChildSA, tasks: [task])
    postponed.append((context.now.advanced(by: .busyPeer(context)), exchange))
  }

  /// Queues the requests whose time has come.
  func resumePostponed(_ context: SessionContext) {
    queue += postponed.filter { $0.due <= context.now }.map(\.exchange)
    postponed.removeAll { $0.due <= context.now }
  }

  /// Asks whether the peer is alive, as our packets get no answer; it may just have been asked.
  func suspectSilence(_ context: SessionContext) {
    guard phase == .established, requests.outstanding == nil, let connection, connection.deadPeerInterval > .zero,
      lastHeard.duration(to: context.now) >= IKESession.shortestSilence
    else { return }
    enqueue(.informational, [InitiateLiveness()])
    startNextExchange(context)
  }

  /// Deletes a Child SA at both ends.
  func deleteChild(_ inboundSPI: ESPSPI, _ context: SessionContext) {
    guard phase == .established, let child = children[inboundSPI], child.state != .deleting else { return }
    children[inboundSPI]?.state = .deleting
    enqueue(.informational, [DeleteChild(inboundSPI)])
    startNextExchange(context)
  }

  /// The ESP role could not install a Child SA: it is of no use at the peer either.
  func childFailed(_ inboundSPI: ESPSPI, reason: String, _ context: SessionContext) {
    guard phase == .established, children[inboundSPI] != nil else { return }
    children[inboundSPI] = nil
    enqueue(.informational, [DeleteChild(inboundSPI)])
    childAttemptFailed("the Child SA could not be installed: \(reason)", context)
    startNextExchange(context)
  }
}
