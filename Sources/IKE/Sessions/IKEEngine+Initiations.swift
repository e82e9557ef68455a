import FabricCrypto
import WireFormat

/// What strangers may ask of a responder.
extension IKEEngine {
  /// A peer begins: IKE_SA_INIT or IKE_SESSION_RESUME, or its retransmission.
  mutating func initiation(_ message: ReceivedMessage, along path: NetworkPath, at now: Instant) {
    let header = message.header
    guard header.isFromInitiator, header.messageID == 0, header.responderSPI == .zero else { return }
    let context = context(at: now)
    let initiation = HalfOpenSessions.Initiation(initiatorSPI: header.initiatorSPI, remote: path.remote)
    if let spi = halfOpen[initiation], let session = sessions[spi] {
      if isAcceptedCookie(of: message, along: path, now) { session.takeRetry(message) }
      session.receiveRequest(message, along: path, context)
      return settle(session, context)
    }
    guard !halfOpen.demandsCookies || hasCookie(message, along: path, context),
      halfOpen.hasRoom(
        for: path.remote.address, peers: directory.peerCount(uplink: path.uplink, remote: path.remote.address))
    else { return }
    answer(message, as: initiation, along: path, context)
  }

  private mutating func answer(
    _ message: ReceivedMessage, as initiation: HalfOpenSessions.Initiation, along path: NetworkPath,
    _ context: SessionContext
  ) {
    let session = IKESession(answering: message.header, along: path, context)
    session.initial.resumed = redeemTicket(of: message, along: path, context)
    guard session.answerInitial(message, context) else {
      for case .action(let action) in session.effects { actions.append(action) }
      return
    }
    session.initiation = initiation
    sessions[session.localSPI] = session
    halfOpen.insert(initiation, session.localSPI)
    settle(session, context)
  }

  /// The session that a ticket in IKE_SESSION_RESUME stands for; nil where it is not good.
  private mutating func redeemTicket(
    of message: ReceivedMessage, along path: NetworkPath, _ context: SessionContext
  ) -> ResumableSession? {
    guard message.header.exchangeType == .sessionResume, let request = try? message.plain(),
      let ticket = request.payloads.notify(.ticket)
    else { return nil }
    return tickets?.redeem(ticket.data, uplink: path.uplink, context)
  }

  /// Whether a request holds the cookie that shows its sender to receive at its address; if not, the sender is given one.
  private mutating func hasCookie(
    _ message: ReceivedMessage, along path: NetworkPath, _ context: SessionContext
  ) -> Bool {
    if isAcceptedCookie(of: message, along: path, context.now) { return true }
    guard let nonce = (try? message.plain())?.payloads.nonce?.bytes else { return false }
    let cookie = cookies.cookie(
      nonce: nonce, initiatorSPI: message.header.initiatorSPI, address: path.remote.address, context)
    let answer = IKEMessage(
      header: message.header.refusal, payloads: [.notify(NotifyPayload(.cookie, data: cookie))])
    answer.sendUnauthenticated(to: message.bytes, along: path, &actions)
    return false
  }

  /// Whether a request begins with a cookie of ours (RFC 7296 section 2.6: it is the first payload).
  private func isAcceptedCookie(of message: ReceivedMessage, along path: NetworkPath, _ now: Instant) -> Bool {
    guard let payloads = (try? message.plain())?.payloads, let nonce = payloads.nonce?.bytes,
      case .notify(let notify) = payloads.first, notify.type == .cookie
    else { return false }
    return cookies.accepts(
      notify.data, nonce: nonce, initiatorSPI: message.header.initiatorSPI, address: path.remote.address, at: now)
  }
}

extension IKEHeader {
  /// Whether a stranger may send it: IKE_SA_INIT, or IKE_SESSION_RESUME outside of any IKE SA.
  var beginsSession: Bool {
    !isResponse && (exchangeType == .initial || (exchangeType == .sessionResume && responderSPI == .zero))
  }

  /// The header of an answer for which nothing is kept, and which so has no SPI of ours (RFC 7296 section 2.21.1).
  var refusal: IKEHeader {
    IKEHeader(
      initiatorSPI: initiatorSPI, responderSPI: .zero, exchangeType: exchangeType, isFromInitiator: false,
      isResponse: true, messageID: 0)
  }
}

extension IKEMessage {
  /// Answers a request whose sender may be forged: never with more bytes than it had, or we should amplify a flood.
  func sendUnauthenticated(to request: [UInt8], along path: NetworkPath, _ actions: inout [IKEAction]) {
    let bytes = encoded()
    if bytes.count <= request.count { actions.append(.send(path.datagram(bytes))) }
  }
}
