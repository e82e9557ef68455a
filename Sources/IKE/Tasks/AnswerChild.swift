import FabricCrypto
import WireFormat

/// A Child SA at the responder: in IKE_AUTH the first one, in CREATE_CHILD_SA a further one or, inside
/// `AnswerChildRekey`, a successor.
///
/// A Child SA that cannot be is no reason to refuse the IKE SA: the answer holds the error notify in place of SA and TS
/// (RFC 7296 section 1.2).
final class AnswerChild: ExchangeTask {
  private let isFirst: Bool
  private let replaces: ESPSPI?
  private var answer: [Payload] = []
  /// What CREATE_CHILD_SA has agreed on, and the additional key exchanges that follow.
  private var agreed: (child: IKESession.NewChild, followUps: AnsweredFollowUps)?
  /// Whether the exchange has brought a Child SA.
  private(set) var hasSucceeded = false

  init(isFirst: Bool, replaces: ESPSPI? = nil) {
    self.isFirst = isFirst
    self.replaces = replaces
  }

  var awaitedLink: [UInt8]? { agreed?.followUps.link }

  /// The nonces of CREATE_CHILD_SA, while additional key exchanges are to follow.
  var awaitedNonces: Nonces? { awaitedLink == nil ? nil : agreed?.child.nonces }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    // RFC 7296 section 2.25.2: no new Child SA in an IKE SA that is about to go.
    guard session.phase == .established, !session.hasSentIKERekey else {
      throw .refused(NotifyPayload(.temporaryFailure))
    }
    if agreed != nil { return try goOn(message, in: session, context) }
    // RFC 6023: an initiator may leave the first Child SA for later. RFC 5685 section 6: one that is sent elsewhere gets none.
    if isFirst, message.payloads.securityAssociation == nil || session.redirect != nil { return }
    guard let request = Request(message.payloads, in: session, isFirst: isFirst) else {
      throw .fatal(
        notify: NotifyPayload(.invalidSyntax), session.endOfSA("the peer's request for a Child SA lacks a payload"))
    }
    switch negotiate(request, in: session, context) {
    case .success: try finishIfComplete(in: session, context)
    case .failure(let refusal):
      answer = [.notify(refusal.notify)]
      if let cause = refusal.cause { session.childAttemptFailed(cause, context) }
    }
  }

  /// IKE_FOLLOWUP_KE: the next additional key exchange.
  private func goOn(
    _ message: IKEMessage, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) {
    guard var (child, followUps) = agreed else { return }
    answer = try followUps.answer(message.payloads, context)
    child.secrets = followUps.secrets
    agreed = (child, followUps)
    try finishIfComplete(in: session, context)
  }

  private func finishIfComplete(in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let (new, followUps) = agreed, followUps.areComplete else { return }
    try session.install(new, context)
    hasSucceeded = true
    // An initiator that waits for the response to IKE_AUTH answers nothing.
    if !isFirst { session.unconfirmed = UnconfirmedChild(new.inboundSPI, context) }
  }

  /// What a request for a Child SA must hold.
  private struct Request {
    let connection: IKEConnection
    let offer: SecurityAssociationPayload
    let nonce: [UInt8]
    let keyExchange: KeyExchangePayload?
    let initiatorSelectors: [TrafficSelector]
    let responderSelectors: [TrafficSelector]

    init?(_ payloads: [Payload], in session: IKESession, isFirst: Bool) {
      guard let connection = session.connection, let offer = payloads.securityAssociation,
        let initiatorSelectors = payloads.initiatorTrafficSelectors?.selectors,
        let responderSelectors = payloads.responderTrafficSelectors?.selectors,
        let nonce = isFirst ? session.initial.nonces.initiator : payloads.nonce?.bytes
      else { return nil }
      self.connection = connection
      self.offer = offer
      self.nonce = nonce
      self.keyExchange = isFirst ? nil : payloads.keyExchange
      self.initiatorSelectors = initiatorSelectors
      self.responderSelectors = responderSelectors
    }

    var selectorMismatch: String {
      """
      no common traffic selectors: peer offers \(initiatorSelectors.text) to \(responderSelectors.text); \
      we accept \(connection.remoteSelectors.text) to \(connection.localSelectors.text)
      """
    }
  }

  /// What the peer is told, and what the operator is; nothing where the peer just has to try again.
  private struct Refusal: Error {
    let notify: NotifyPayload
    let cause: String?
  }

  private func negotiate(
    _ request: Request, in session: IKESession, _ context: SessionContext
  ) -> Result<Void, Refusal> {
    let proposals = request.connection.childProposals
    guard let agreement = proposals.select(from: request.offer, isFirstChild: isFirst) else {
      let own = proposals.text(isFirstChild: isFirst)
      let cause = "no proposal chosen: peer offers \(describe(request.offer.proposals)); we accept \(own)"
      return .failure(Refusal(notify: NotifyPayload(.noProposalChosen), cause: cause))
    }
    let remote = request.connection.remoteSelectors.narrowing(request.initiatorSelectors)
    let local = request.connection.localSelectors.narrowing(request.responderSelectors)
    guard !remote.isEmpty, !local.isEmpty else {
      return .failure(Refusal(notify: NotifyPayload(.trafficSelectorsUnacceptable), cause: request.selectorMismatch))
    }
    return exchangeKeys(request, agreement).map { secret, publicValue in
      let followUps = AnsweredFollowUps(agreement.suite.additionalKeyExchanges, firstSecret: secret, context)
      let nonces = Nonces(
        initiator: request.nonce, responder: isFirst ? session.initial.nonces.responder : context.newNonce())
      let new = IKESession.NewChild(
        suite: agreement.suite, inboundSPI: context.newESPSPI(), outboundSPI: agreement.peerSPI, nonces: nonces,
        secrets: followUps.secrets, localSelectors: local, remoteSelectors: remote, isInitiator: false,
        replaces: replaces)
      answer =
        acceptance(of: new, proposalNumber: agreement.proposalNumber, publicValue) + followUps.announcement
      agreed = (new, followUps)
    }
  }

  /// `SA, [Nr, KEr,] TSi, TSr`.
  private func acceptance(
    of new: IKESession.NewChild, proposalNumber: UInt8, _ publicValue: [Payload]
  ) -> [Payload] {
    let choice = new.suite.choice(number: proposalNumber, spi: new.inboundSPI)
    let nonce: [Payload] = isFirst ? [] : [.nonce(NoncePayload(bytes: new.nonces.responder))]
    return [.securityAssociation(SecurityAssociationPayload([choice]))] + nonce + publicValue + [
      .initiatorTrafficSelectors(TrafficSelectorPayload(new.remoteSelectors)),
      .responderTrafficSelectors(TrafficSelectorPayload(new.localSelectors)),
    ]
  }

  /// The shared secret and our KE payload, where the suite has a key exchange (PFS).
  private func exchangeKeys(
    _ request: Request, _ agreement: ESPAgreement
  ) -> Result<(SecretBytes?, [Payload]), Refusal> {
    guard let method = agreement.suite.keyExchange else { return .success((nil, [])) }
    // RFC 7296 section 1.3: the peer guessed another method than the one we choose; it tries again.
    guard let peer = request.keyExchange, peer.method == method.rawValue else {
      return .failure(Refusal(notify: NotifyPayload(wanting: method), cause: nil))
    }
    do {
      let answer = try KeyExchangeAnswer(method, to: peer.publicValue)
      let payload = KeyExchangePayload(method: method, publicValue: answer.publicValue)
      return .success((answer.sharedSecret, [.keyExchange(payload)]))
    } catch {
      return .failure(Refusal(notify: NotifyPayload(.invalidSyntax), cause: "the peer's key exchange: \(error)"))
    }
  }
}
