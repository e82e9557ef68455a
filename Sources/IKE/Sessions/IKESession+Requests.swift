import FabricCrypto
import WireFormat

/// The session as the initiator of exchanges.
extension IKESession {
  /// Puts an exchange behind those that wait already (RFC 7296 section 2.3: one request at a time).
  func enqueue(_ type: ExchangeType, _ tasks: [any ExchangeTask]) {
    queue.append(Exchange(type: type, tasks: tasks))
  }

  /// Sends the next request if none is out.
  func startNextExchange(_ context: SessionContext) {
    if let unconfirmed, unconfirmed.until <= context.now { self.unconfirmed = nil }
    guard requests.outstanding == nil, phase != .ended, let exchange = nextExchange() else { return }
    // RFC 7296 section 2.2: message ids never wrap; an SA that has used them up is closed.
    guard let messageID = requests.nextMessageID else {
      return end(.closed(reason: "the IKE SA has used up its message ids"), context)
    }
    request(exchange, messageID: messageID, context)
  }

  /// The next exchange that still has a point.
  private func nextExchange() -> Exchange? {
    queue.removeAll { exchange in exchange.tasks.contains { $0.isMoot(in: self) } }
    let next = queue.firstIndex { exchange in
      exchange.tasks.allSatisfy { $0.subject == nil || $0.subject != unconfirmed?.inboundSPI }
        && !waitsForFollowUp(exchange)
    }
    return next.map { queue.remove(at: $0) }
  }

  /// Builds the request of an exchange and sends it.
  private func request(_ exchange: Exchange, messageID: UInt32, _ context: SessionContext) {
    do throws(ExchangeError) {
      var payloads: [Payload] = []
      for task in exchange.tasks { payloads += try task.build(in: self, context) }
      let header = header(exchange.type, isResponse: false, messageID: messageID)
      let message = try outgoing(IKEMessage(header: header, payloads: payloads))
      requests.open(exchange, messageID: messageID, message, at: context.now)
      send(message)
    } catch {
      fail(error, context)
    }
  }

  /// A response has come in: it finishes the outstanding exchange, or is dropped.
  func receiveResponse(_ message: ReceivedMessage, along newPath: NetworkPath, _ context: SessionContext) {
    guard let outstanding = requests.match(message.header), phase != .ended, takesAnswer() else { return }
    if tellsOfCrash(message) { return effects.append(.lostByPeer) }
    do throws(ExchangeError) {
      guard let opened = try openResponse(message, context) else { return }
      if phase == .initial {
        initial.request = outstanding.message.datagrams.first ?? []
        initial.response = message.bytes
      } else {
        follow(newPath, context)
        fragmentation.sizes.arrived(outstanding.message)
      }
      lastHeard = context.now
      mobility.silentAddresses = []
      for task in outstanding.exchange.tasks { try task.process(opened, in: self, context) }
      requests.close()
      startNextExchange(context)
    } catch {
      switch error {
      case .sendAgain: sendAgain(outstanding, context)
      case .goOn: continueNext(Exchange(type: .followUpKeyExchange, tasks: outstanding.exchange.tasks), context)
      case .ignored, .fatal, .refused: fail(error, context)
      }
    }
  }

  /// Sends the request of an exchange in another form: in IKE_SA_INIT under the same Message ID (RFC 7296 section 2.2),
  /// later as a new exchange.
  private func sendAgain(_ outstanding: RequestWindow.Outstanding, _ context: SessionContext) {
    guard phase != .initial else {
      return request(outstanding.exchange, messageID: outstanding.messageID, context)
    }
    continueNext(outstanding.exchange, context)
  }

  /// Has an exchange follow the one that is over, in front of all others.
  private func continueNext(_ exchange: Exchange, _ context: SessionContext) {
    requests.close()
    queue.insert(exchange, at: 0)
    startNextExchange(context)
  }

  /// What an error means for the initiator of an exchange.
  private func fail(_ error: ExchangeError, _ context: SessionContext) {
    switch error {
    case .ignored(let reason): lastIgnored = reason
    case .fatal(let notify, let end): abandon(notify, end, context)
    case .sendAgain, .goOn, .refused: preconditionFailure("not an outcome of an exchange that we initiate")
    }
  }

  /// Gives the IKE SA up because of what a response said or lacked.
  private func abandon(_ notify: NotifyPayload?, _ end: SessionEnd, _ context: SessionContext) {
    // RFC 7296 section 2.21.2: an initiator that does not accept the responder's AUTH tells it in an INFORMATIONAL
    // exchange of its own. It is sent once: whether it arrives does not matter to us.
    if let notify, let messageID = requests.nextMessageID {
      let header = header(.informational, isResponse: false, messageID: messageID)
      if let message = try? outgoing(IKEMessage(header: header, payloads: [.notify(notify)])) {
        refuse(with: message, context)
      }
    }
    self.end(end, context)
  }

  /// A header of a message of ours.
  func header(_ type: ExchangeType, isResponse: Bool, messageID: UInt32) -> IKEHeader {
    IKEHeader(
      initiatorSPI: initiatorSPI, responderSPI: responderSPI, exchangeType: type,
      isFromInitiator: isInitiator, isResponse: isResponse, messageID: messageID)
  }

  /// Reads a response; nil if it is not authentic. In IKE_SA_INIT nothing is, so bad messages are dropped there.
  private func openResponse(
    _ message: ReceivedMessage, _ context: SessionContext
  ) throws(ExchangeError) -> IKEMessage? {
    do throws(MessageError) {
      guard phase != .initial else { return try message.plain() }
      return try open(message, context)
    } catch {
      if phase == .initial { throw .ignored(reason: "\(error)") }
      throw .fatal(notify: nil, endOfSA("the peer's \(message.header.exchangeType) response: \(error)"))
    }
  }

  /// The end of a session for `cause`: a failure before it is established, a closure afterwards.
  func endOfSA(_ cause: String) -> SessionEnd {
    established == nil ? .failed(.ikeSA, cause: cause) : .closed(reason: cause)
  }
}
