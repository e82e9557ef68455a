import FabricCrypto
import WireFormat

/// A Child SA at the initiator: in IKE_AUTH the first one (RFC 7296 section 1.2), in CREATE_CHILD_SA a further one
/// (section 1.3.1) or, inside `InitiateChildRekey`, a successor (section 1.3.3).
final class InitiateChild: ExchangeTask {
  private let isFirst: Bool
  private let local: [TrafficSelector]
  private let remote: [TrafficSelector]
  private let replaces: ESPSPI?
  private var inboundSPI: ESPSPI?
  private var nonce: [UInt8] = []
  private var method: KeyExchangeMethod?
  private var keyExchange: KeyExchange?
  private var firstNonces: Nonces?
  /// What CREATE_CHILD_SA has agreed on, and the additional key exchanges that follow.
  private var agreed: (child: IKESession.NewChild, followUps: InitiatedFollowUps)?

  init(isFirst: Bool, local: [TrafficSelector], remote: [TrafficSelector], replaces: ESPSPI? = nil) {
    self.isFirst = isFirst
    self.local = local
    self.remote = remote
    self.replaces = replaces
  }

  var changesChild: Bool { true }

  /// The IKE SA is about to go: there is no point in further rounds.
  func isMoot(in session: IKESession) -> Bool { agreed != nil && session.phase != .established }

  /// Whether CREATE_CHILD_SA is over, so that the next message is an IKE_FOLLOWUP_KE.
  var isFollowingUp: Bool { agreed != nil }

  /// Whether all rounds of the key exchange are over.
  var isComplete: Bool { agreed?.followUps.areComplete ?? false }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    guard agreed == nil else { return try agreed?.followUps.build() ?? [] }
    guard let proposals = session.connection?.childProposals else { return [] }
    let spi = context.newESPSPI()
    inboundSPI = spi
    var payloads: [Payload] = [.securityAssociation(proposals.offer(spi: spi, isFirstChild: isFirst))]
    if isFirst {
      firstNonces = session.initial.nonces
    } else {
      nonce = context.newNonce()
      payloads.append(.nonce(NoncePayload(bytes: nonce)))
      method = method ?? proposals.first?.keyExchangeMethods.first
      keyExchange = nil
      if let method {
        let fresh = try makeKeyExchange(method)
        keyExchange = fresh
        payloads.append(.keyExchange(KeyExchangePayload(method: method, publicValue: fresh.publicValue)))
      }
    }
    payloads.append(.initiatorTrafficSelectors(TrafficSelectorPayload(local)))
    payloads.append(.responderTrafficSelectors(TrafficSelectorPayload(remote)))
    return payloads
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let new = try conclude(message, in: session, context) else {
      // The connection's own Child SA has a retry of its own; this is a further one.
      if !isFirst, !session.children.isEmpty, message.payloads.notify(.temporaryFailure) != nil {
        session.postpone(InitiateChild(isFirst: false, local: local, remote: remote), context)
      }
      return
    }
    guard isComplete else { throw .goOn }
    try session.install(new, context)
  }

  /// What the peer's answer amounts to: a Child SA that is still to be installed as soon as the key exchange is complete,
  /// or nil and the reason is reported.
  func conclude(
    _ message: IKEMessage, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) -> IKESession.NewChild? {
    guard let proposals = session.connection?.childProposals, let inboundSPI else { return nil }
    try processRetry(message.payloads, proposals)
    guard message.payloads.holdsAgreement else {
      refused(message.payloads.errorNotify, proposals, in: session, context)
      return nil
    }
    do throws(Refusal) {
      try agreed == nil
        ? begin(message.payloads, proposals, inboundSPI) : goOn(message.payloads)
      return agreed?.child
    } catch {
      // The peer has set up what we cannot accept: it is told to take it down again.
      session.enqueue(.informational, [DeleteChild(inboundSPI)])
      session.childAttemptFailed(error.cause, context)
      return nil
    }
  }

  private func refused(
    _ notify: NotifyPayload?, _ proposals: [ESPProposal], in session: IKESession, _ context: SessionContext
  ) {
    // RFC 7296 section 2.25: the peer is in the middle of something; this is no failure, and is tried again soon.
    if notify?.type == .temporaryFailure { return session.replaceMissingChild(after: .busyPeer(context), context) }
    let cause = notify?.cause(offering: proposals.text(isFirstChild: isFirst))
    session.childAttemptFailed(cause ?? "the peer's answer holds no Child SA", context)
  }

  /// INVALID_KE_PAYLOAD (RFC 7296 section 1.3): the peer wants another of the methods that we offered.
  private func processRetry(_ payloads: [Payload], _ proposals: [ESPProposal]) throws(ExchangeError) {
    guard let wanted = payloads.notify(.invalidKeyExchange)?.keyExchangeMethod, let method, wanted != method,
      proposals.contains(where: { $0.keyExchangeMethods.contains(wanted) })
    else { return }
    self.method = wanted
    throw .sendAgain
  }

  /// Why the peer's answer is not acceptable.
  private struct Refusal: Error { let cause: String }

  /// CREATE_CHILD_SA has been answered.
  private func begin(
    _ payloads: [Payload], _ proposals: [ESPProposal], _ inboundSPI: ESPSPI
  ) throws(Refusal) {
    guard let choice = payloads.securityAssociation else { throw Refusal(cause: "the peer's answer holds no SA") }
    // RFC 7296 section 1.3.1: transport mode is for the initiator to ask for, and we never do: a VTI has tunnel mode.
    guard payloads.notify(.useTransportMode) == nil else {
      throw Refusal(cause: "the peer answered with transport mode, which we did not ask for")
    }
    let agreement = try agree(choice, payloads, proposals)
    let secret = try firstSecret(payloads)
    guard
      let followUps = InitiatedFollowUps(agreement.suite.additionalKeyExchanges, behind: payloads, firstSecret: secret)
    else { throw Refusal(cause: "the peer does not go on with the additional key exchanges") }
    agreed = (try newChild(agreement, inboundSPI, payloads, followUps.secrets), followUps)
  }

  /// IKE_FOLLOWUP_KE has been answered.
  private func goOn(_ payloads: [Payload]) throws(Refusal) {
    guard var (child, followUps) = agreed, followUps.process(payloads) else {
      throw Refusal(cause: "the peer's additional key exchange cannot be used")
    }
    child.secrets = followUps.secrets
    agreed = (child, followUps)
  }

  private func agree(
    _ choice: SecurityAssociationPayload, _ payloads: [Payload], _ proposals: [ESPProposal]
  ) throws(Refusal) -> ESPAgreement {
    guard let agreement = proposals.accept(choice, isFirstChild: isFirst),
      agreement.suite.keyExchange == keyExchange?.method
    else { throw Refusal(cause: "the peer chose \(describe(choice.proposals)), which we did not offer") }
    // RFC 7296 section 2.9: the responder may narrow our selectors, not widen them.
    guard let narrowedLocal = payloads.initiatorTrafficSelectors?.selectors, local.covers(narrowedLocal),
      let narrowedRemote = payloads.responderTrafficSelectors?.selectors, remote.covers(narrowedRemote)
    else { throw Refusal(cause: "the peer answered with traffic selectors that we did not offer") }
    return agreement
  }

  /// The secret of CREATE_CHILD_SA itself; nil without PFS.
  private func firstSecret(_ payloads: [Payload]) throws(Refusal) -> SecretBytes? {
    guard let keyExchange else { return nil }
    guard let peer = payloads.keyExchange, peer.method == keyExchange.method.rawValue else {
      throw Refusal(cause: "the peer's answer lacks the key exchange that PFS needs")
    }
    do {
      return try keyExchange.sharedSecret(with: peer.publicValue)
    } catch {
      throw Refusal(cause: "the peer's key exchange: \(error)")
    }
  }

  private func newChild(
    _ agreement: ESPAgreement, _ inboundSPI: ESPSPI, _ payloads: [Payload], _ secrets: SharedSecrets
  ) throws(Refusal) -> IKESession.NewChild {
    guard let nonces = firstNonces ?? payloads.nonce.map({ Nonces(initiator: nonce, responder: $0.bytes) }) else {
      throw Refusal(cause: "the peer's answer lacks a nonce")
    }
    return IKESession.NewChild(
      suite: agreement.suite, inboundSPI: inboundSPI, outboundSPI: agreement.peerSPI, nonces: nonces,
      secrets: secrets, localSelectors: payloads.initiatorTrafficSelectors?.selectors ?? [],
      remoteSelectors: payloads.responderTrafficSelectors?.selectors ?? [], isInitiator: true, replaces: replaces)
  }
}

extension [Payload] {
  /// Whether a response to CREATE_CHILD_SA or IKE_FOLLOWUP_KE agrees to something, rather than refuse it.
  var holdsAgreement: Bool { securityAssociation != nil || keyExchange != nil }
}
