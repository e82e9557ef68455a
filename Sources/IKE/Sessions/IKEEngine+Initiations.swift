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
    guard let request = try? message.plain(), let nonce = request.payloads.nonce?.bytes else { return false }
    let spi = message.header.initiatorSPI
    let address = path.remote.address
    // RFC 7296 section 2.6: the cookie is the first payload.
    if case .notify(let notify) = request.payloads.first, notify.type == .cookie,
      cookies.accepts(notify.data, nonce: nonce, initiatorSPI: spi, address: address, at: context.now)
    {
      return true
    }
    let cookie = cookies.cookie(nonce: nonce, initiatorSPI: spi, address: address, context)
    let answer = IKEMessage(
      header: message.header.refusal, payloads: [.notify(NotifyPayload(.cookie, data: cookie))])
    answer.sendUnauthenticated(to: message.bytes, along: path, &actions)
    return false
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
