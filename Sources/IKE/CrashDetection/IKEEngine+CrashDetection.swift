import WireFormat

/// What becomes of a message of an IKE SA that there is not, or not any more.
extension IKEEngine {
  /// RFC 6290 section 4.3: the sender of a protected request gets the token, without protection, by which it knows that
  /// the IKE SA is lost.
  mutating func answerUnknown(_ message: ReceivedMessage, along path: NetworkPath, at now: Instant) {
    let header = message.header
    // RFC 6290 section 8.2: never for an IKE SA that we have, whatever flags the sender has set.
    guard var tokens, !header.isResponse, header.responderSPI != .zero,
      sessions[header.initiatorSPI] == nil, sessions[header.responderSPI] == nil, tokens.mayAnswer(at: now)
    else { return }
    self.tokens = tokens
    // Nor for one that we are about to have: the peer's first request has overtaken its response to our rekey.
    guard !sessions.values.contains(where: { $0.isAboutToHave(header.initiatorSPI) }) else { return }
    let token = tokens.token(header.initiatorSPI, header.responderSPI)
    let answer = IKEMessage(
      header: IKEHeader(
        initiatorSPI: header.initiatorSPI, responderSPI: header.responderSPI,
        exchangeType: header.exchangeType,
        isFromInitiator: !header.isFromInitiator, isResponse: true, messageID: header.messageID),
      payloads: [
        .notify(NotifyPayload(.invalidIKESPI)), .notify(NotifyPayload(.crashToken, data: token)),
      ])
    answer.sendUnauthenticated(to: message.bytes, along: path, &actions)
  }

  /// The peer has lost an IKE SA, and perhaps nothing but that: another one is set up beside it. Make before break: its
  /// Child SAs stay until the peer says that it has lost them too (INITIAL_CONTACT), or our request has gone unanswered for
  /// as long as that of a dead peer.
  mutating func renew(_ session: IKESession, _ context: SessionContext) {
    guard let name = session.connection?.name, states[name]?.current == session.localSPI else { return }
    report(name, .lostByPeer)
    guard directory.connection(named: name)?.initiates == true else { return }
    states[name]?.isCurrentLost = true
    states[name]?.failures = 0
    start(name, at: context.now)
  }
}
