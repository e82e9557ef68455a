import FabricCrypto
import WireFormat

/// The session as the responder of exchanges.
extension IKESession {
  /// Answers the IKE_SA_INIT or IKE_SESSION_RESUME request that made this session; nil if it is not to be kept, because the request was
  /// refused with the notify that `effects` then sends.
  func answerInitial(_ message: ReceivedMessage, _ context: SessionContext) -> Bool {
    initial.request = message.bytes
    let header = header(message.header.exchangeType, isResponse: true, messageID: 0)
    do throws(ExchangeError) {
      let request = try plain(message)
      let payloads = try answer(request, with: initialTasks(message.header.exchangeType), context)
      let bytes = IKEMessage(header: header, payloads: payloads).encoded()
      initial.response = bytes
      responses.answered(message, with: OutgoingMessage(plain: bytes))
      send(bytes)
      return true
    } catch {
      guard case .refused(let notify) = error else { return false }
      var actions: [IKEAction] = []
      IKEMessage(header: header.refusal, payloads: [.notify(notify)])
        .sendUnauthenticated(to: message.bytes, along: path, &actions)
      effects += actions.map { .action($0) }
      return false
    }
  }

  /// The initiator repeats the request that made this session with a cookie, which it was asked for when we had others to
  /// ask too: its first copy came before that, or after. RFC 7296 section 2.15: AUTH covers the request that it sent last.
  func takeRetry(_ message: ReceivedMessage) {
    guard let retry = try? message.plain(), let first = try? ReceivedMessage(initial.request).plain(),
      retry.payloads.behindCookie == first.payloads.behindCookie
    else { return }
    initial.request = message.bytes
    responses.takeRetry(message)
  }

  private func initialTasks(_ type: ExchangeType) -> [any ExchangeTask] {
    guard type == .initial else { return [AnswerResumption(), AnswerNATDetection(), NegotiateFragmentation()] }
    return [
      AnswerRedirectSupport(), AnswerIKESA(), AnswerNATDetection(), NegotiateFragmentation(),
      AnswerSignatureNegotiation(), AnswerPostQuantumPresharedKey(),
    ]
  }

  private func plain(_ message: ReceivedMessage) throws(ExchangeError) -> IKEMessage {
    do {
      return try message.plain()
    } catch {
      throw .refused(error.notify)
    }
  }

  /// A protected request has come in: it is answered, repeated or dropped.
  func receiveRequest(_ message: ReceivedMessage, along newPath: NetworkPath, _ context: SessionContext) {
    switch responses.judge(message) {
    case .drop: return
    case .repeatResponse: repeatResponse(along: newPath)
    case .repeatResponseIfAuthentic: repeatResponse(toFirstFragment: message, along: newPath)
    case .process:
      guard let tasks = tasks(for: message.header.exchangeType) else { return }
      process(message, with: tasks, along: newPath, context)
    }
  }

  private func process(
    _ message: ReceivedMessage, with tasks: ([Payload]) -> [any ExchangeTask], along newPath: NetworkPath,
    _ context: SessionContext
  ) {
    var payloads: [Payload]
    var ending: SessionEnd?
    do throws(ExchangeError) {
      guard let request = try openRequest(message, context) else { return }
      follow(newPath, context)
      arrival = newPath
      lastHeard = context.now
      takeOver(because: request.payloads, context)
      // RFC 7296 section 2.3: with a window of one, a new request means that the response to the last one is there.
      unconfirmed = nil
      payloads = try answer(request, with: tasks(request.payloads), context)
    } catch {
      (payloads, ending) = outcome(of: error)
    }
    let header = header(message.header.exchangeType, isResponse: true, messageID: message.header.messageID)
    if let response = try? outgoing(IKEMessage(header: header, payloads: payloads)) {
      if payloads.notify(.authenticationFailed) != nil {
        refuse(with: response, context)
      } else {
        responses.answered(message, with: response)
        // RFC 7296 section 2.11: the response goes to where the request came from.
        send(response, along: newPath)
      }
    }
    takeUpNextKeys()
    if let ending { end(ending, context) }
    startNextExchange(context)
  }

  /// The payloads of the answer to a request that failed, and how the session ends if it does.
  private func outcome(of error: ExchangeError) -> ([Payload], SessionEnd?) {
    switch error {
    case .refused(let notify): ([.notify(notify)], nil)
    case .fatal(let notify, let end): (notify.map { [.notify($0)] } ?? [], end)
    case .sendAgain, .goOn, .ignored: preconditionFailure("not an outcome of an exchange that the peer initiates")
    }
  }

  /// Runs the tasks of an exchange that the peer initiates: all process, then all build.
  private func answer(
    _ request: IKEMessage, with tasks: [any ExchangeTask], _ context: SessionContext
  ) throws(ExchangeError) -> [Payload] {
    for task in tasks { try task.process(request, in: self, context) }
    var payloads: [Payload] = []
    for task in tasks {
      payloads += try task.build(in: self, context)
      awaitFollowUp(of: task, context)
    }
    return payloads
  }

  /// The tasks that answer an exchange; nil where the peer is not owed an answer.
  private func tasks(for type: ExchangeType) -> (([Payload]) -> [any ExchangeTask])? {
    switch (type, phase) {
    case (.intermediate, .authenticating) where !isInitiator && !initial.remainingKeyExchanges.isEmpty:
      { _ in [AnswerAdditionalKeyExchange()] }
    case (.authentication, .authenticating) where !isInitiator && initial.remainingKeyExchanges.isEmpty:
      { _ in
        [
          AnswerAuthentication(), NegotiateMobility(), AnswerChild(isFirst: true), AnswerWithRedirect(),
          DeclareInitialContact(), ExchangeCrashTokens(), GrantTicket(),
        ]
      }
    case (.createChildSA, .established), (.createChildSA, .replaced), (.createChildSA, .deleting),
      (.createChildSA, .successor):
      { payloads in [self.taskForCreateChildSA(payloads)] }
    case (.followUpKeyExchange, .established), (.followUpKeyExchange, .replaced), (.followUpKeyExchange, .deleting),
      (.followUpKeyExchange, .successor):
      { payloads in [self.takeFollowUp(payloads)] }
    case (.informational, .established), (.informational, .replaced), (.informational, .deleting),
      (.informational, .successor):
      { _ in [AnswerDelete(), AnswerFailureNotify(), AnswerMobility(), AnswerCrashToken()] }
    case (.initial, _), (_, .initial), (_, .authenticating), (_, .ended): nil
    default: { _ in [RefuseExchange()] }
    }
  }

  /// CREATE_CHILD_SA does three things; its payloads tell which (RFC 7296 section 1.3).
  private func taskForCreateChildSA(_ payloads: [Payload]) -> any ExchangeTask {
    if let rekey = payloads.notify(.rekeySA) { return AnswerChildRekey(rekey) }
    if payloads.securityAssociation?.proposals.contains(where: \.spi.isIKE) == true { return AnswerIKERekey() }
    return AnswerChild(isFirst: false)
  }

  /// Reads a request; nil if it is not authentic.
  private func openRequest(_ message: ReceivedMessage, _ context: SessionContext) throws(ExchangeError) -> IKEMessage? {
    do throws(MessageError) {
      return try open(message, context)
    } catch {
      // RFC 7296 section 2.21.3: bad syntax in an authentic message means that the peer is broken, and the SA is closed;
      // a critical payload that we do not know only fails the exchange (section 2.5).
      if case .unsupportedCriticalPayload = error, phase != .authenticating { throw .refused(error.notify) }
      throw .fatal(notify: error.notify, endOfSA("the peer's \(message.header.exchangeType) request: \(error)"))
    }
  }
}

extension MessageError {
  /// What the sender of the message is told.
  var notify: NotifyPayload {
    switch self {
    case .malformed: NotifyPayload(.invalidSyntax)
    case .unsupportedCriticalPayload(let type): NotifyPayload(.unsupportedCriticalPayload, data: [type.rawValue])
    case .unsupportedVersion: NotifyPayload(.invalidMajorVersion)
    }
  }
}

extension [Payload] {
  /// The payloads of an initial request without the cookie in front (RFC 7296 section 2.6).
  fileprivate var behindCookie: ArraySlice<Payload> {
    if case .notify(let notify) = first, notify.type == .cookie { return dropFirst() }
    return self[...]
  }
}
