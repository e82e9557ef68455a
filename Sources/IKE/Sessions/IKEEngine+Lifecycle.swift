import WireFormat

/// What the beginning and the end of a session mean for its connection.
extension IKEEngine {
  /// The peer has proved its identity: the session becomes the connection's, in place of any other.
  mutating func established(_ session: IKESession, _ context: SessionContext) {
    forgetHalfOpen(session)
    guard let name = session.connection?.name, let state = states[name] else { return }
    deadlines.set(.connection(name), nil)
    unmet.remove(name)
    states[name]?.isSuspended = false
    settleAttempt(state.attempt, of: name, against: session)
    guard let spi = state.current, let other = sessions[spi], other.phase == .established, other !== session else {
      states[name]?.current = session.localSPI
      return
    }
    if session.supersedes(other, at: context.now) {
      states[name]?.current = session.localSPI
      session.supersede(other, context)
      settle(other, context)
    } else {
      // Its effects follow those that are being carried out.
      session.stepAside(context)
    }
  }

  /// Keeps the ticket of the connection's session for its next attempt, or forgets the one that there was.
  mutating func keep(_ ticket: HeldTicket?, of session: IKESession) {
    guard let name = session.connection?.name, let state = states[name],
      state.current == session.localSPI || state.attempt == session.localSPI
    else { return }
    states[name]?.ticket = ticket
  }

  /// INITIAL_CONTACT: the peer has lost what it had before (RFC 7296 section 2.4). An IKE SA that was not up yet when the
  /// peer began is not meant: it is of the same life.
  mutating func dropOthers(than session: IKESession, _ context: SessionContext) {
    let others = sessions.values.filter { other in
      other !== session && other.connection?.name == session.connection?.name
        && other.origin.established.map { $0 < session.origin.created } == true
    }
    for other in others {
      other.end(.closed(reason: "the peer has started anew (INITIAL_CONTACT)"), context)
      settle(other, context)
      discard(other)
    }
  }

  /// An attempt of our own ends where the peer was faster, as long as the peer cannot have established it.
  private mutating func settleAttempt(_ spi: IKESPI?, of name: String, against session: IKESession) {
    guard let spi else { return }
    if spi == session.localSPI {
      states[name]?.attempt = nil
    } else if let attempt = sessions[spi], attempt.phase == .initial {
      discard(attempt)
      states[name]?.attempt = nil
    }
  }

  /// The IKE SA goes on under new keys.
  mutating func replace(_ session: IKESession, by successor: IKESession) {
    if let name = session.connection?.name, states[name]?.current == session.localSPI {
      states[name]?.current = successor.localSPI
    }
  }

  /// A session is over: its connection is tried again if this end sets it up.
  mutating func ended(_ session: IKESession, _ end: SessionEnd, _ context: SessionContext) {
    forgetHalfOpen(session)
    guard let name = session.connection?.name ?? likelyConnection(of: session), let state = states[name] else {
      return reportEnd(session, end, as: session.connection?.name, retryAfter: nil)
    }
    guard state.current == session.localSPI || state.attempt == session.localSPI else {
      // A stranger's failure says nothing about a tunnel that is up.
      let isFailure = if case .failed = end { true } else { false }
      if isFailure { reportEnd(session, end, as: state.current == nil ? name : nil, retryAfter: nil) }
      return
    }
    if state.current == session.localSPI { states[name]?.current = nil }
    if state.attempt == session.localSPI { states[name]?.attempt = nil }
    if end == .ticketRefused { return start(name, at: context.now) }
    guard states[name]?.current == nil else { return }
    reportEnd(session, end, as: name, retryAfter: scheduleAttempt(name, after: session, context))
  }

  /// The connection that a peer of unknown identity probably meant: the only one with its address.
  private func likelyConnection(of session: IKESession) -> String? {
    directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address).first?.soleConnection
  }

  /// Sets the time of the next attempt; nil where the connection waits for the peer.
  private mutating func scheduleAttempt(
    _ name: String, after session: IKESession, _ context: SessionContext
  ) -> Duration? {
    guard var state = states[name], !state.isSuspended, state.attempt == nil,
      directory.connection(named: name)?.initiates == true
    else { return nil }
    let wait = state.backOff(afterSessionOf: session.established?.duration(to: context.now))
    states[name] = state
    deadlines.set(.connection(name), context.now.advanced(by: wait + context.share(of: wait / 4)))
    return wait
  }

  private mutating func reportEnd(
    _ session: IKESession, _ end: SessionEnd, as name: String?, retryAfter: Duration?
  ) {
    switch end {
    case .failed(let stage, let cause):
      report(
        name,
        .failed(
          IKEReport.Failure(stage: stage, cause: cause, remote: session.path.remote, retryAfter: retryAfter)))
    case .closed(let reason): report(name, .closed(reason: reason))
    case .silent, .ticketRefused: break
    }
  }
}

extension IKESession {
  /// Whether this session, just established, is to be kept rather than `other` with the same peer.
  ///
  /// As a rule the newer wins: the peer has lost the older one, or it would not have begun again. But if both ends began at
  /// the same time, the newer is not the same one at both ends; then the one whose initiator has the greater identity
  /// wins. Both began at the same time if the peer's first message was here before our own session was established: a peer
  /// that has established a session does not begin another.
  fileprivate func supersedes(_ other: IKESession, at now: Instant) -> Bool {
    guard origin.isInitiator != other.origin.isInitiator, let connection else { return true }
    let (own, peers) = origin.isInitiator ? (origin, other.origin) : (other.origin, origin)
    guard peers.created <= own.established ?? now else { return true }
    let ownWins =
      IdentificationPayload(connection.remoteIdentity).body
      .lexicographicallyPrecedes(IdentificationPayload(connection.localIdentity).body)
    return ownWins == origin.isInitiator
  }

  /// Takes the tunnel from `other`. Make before break: as the responder we cannot know yet that the peer has this session,
  /// so the other stays for a while.
  fileprivate func supersede(_ other: IKESession, _ context: SessionContext) {
    guard !isInitiator else { return other.closeAsDuplicate(context) }
    other.superseded = context.now.advanced(by: IKESession.supersededLifetime)
  }

  /// Leaves the tunnel to the session that has it. The pair of this one is installed at neither end: where its responder has
  /// the other session, its initiator, who answered that one, has had it for longer.
  fileprivate func stepAside(_ context: SessionContext) {
    children = [:]
    effects.removeAll(where: \.announcesChild)
    closeAsDuplicate(context)
  }

  /// Ends a session that another with the same peer has made superfluous.
  func closeAsDuplicate(_ context: SessionContext) {
    close(reason: "another IKE SA with the same peer has taken its place", context)
  }
}
