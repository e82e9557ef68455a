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

  init(isFirst: Bool, local: [TrafficSelector], remote: [TrafficSelector], replaces: ESPSPI? = nil) {
    self.isFirst = isFirst
    self.local = local
    self.remote = remote
    self.replaces = replaces
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
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
    if let new = try conclude(message, in: session, context) { try session.install(new, context) }
  }

  /// What the peer's answer amounts to: a Child SA that is still to be installed, or nil and the reason is reported.
  func conclude(
    _ message: IKEMessage, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) -> IKESession.NewChild? {
    guard let proposals = session.connection?.childProposals, let inboundSPI else { return nil }
    try processRetry(message.payloads, proposals)
    guard let choice = message.payloads.securityAssociation else {
      refused(message.payloads.errorNotify, proposals, in: session, context)
      return nil
    }
    do throws(Refusal) {
      let agreement = try agree(choice, message.payloads, proposals)
      return try newChild(agreement, inboundSPI, message.payloads)
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

  private func newChild(
    _ agreement: ESPAgreement, _ inboundSPI: ESPSPI, _ payloads: [Payload]
  ) throws(Refusal) -> IKESession.NewChild {
    guard let nonces = firstNonces ?? payloads.nonce.map({ Nonces(initiator: nonce, responder: $0.bytes) }) else {
      throw Refusal(cause: "the peer's answer lacks a nonce")
    }
    var secret: SecretBytes?
    if let keyExchange {
      guard let peer = payloads.keyExchange, peer.method == keyExchange.method.rawValue else {
        throw Refusal(cause: "the peer's answer lacks the key exchange that PFS needs")
      }
      do {
        secret = try keyExchange.sharedSecret(with: peer.publicValue)
      } catch {
        throw Refusal(cause: "the peer's key exchange: \(error)")
      }
    }
    return IKESession.NewChild(
      suite: agreement.suite, inboundSPI: inboundSPI, outboundSPI: agreement.peerSPI, nonces: nonces,
      sharedSecret: secret, localSelectors: payloads.initiatorTrafficSelectors?.selectors ?? [],
      remoteSelectors: payloads.responderTrafficSelectors?.selectors ?? [], isInitiator: true, replaces: replaces)
  }
}
