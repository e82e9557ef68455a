import FabricCrypto
import WireFormat

/// Rekey of the IKE SA at the initiator (RFC 7296 sections 1.3.2 and 2.18): `HDR, SK {SA, Ni, KEi}  -->`.
///
/// The new IKE SA inherits all Child SAs; the old one is then deleted.
final class InitiateIKERekey: ExchangeTask {
  private let proposals: [IKEProposal]
  private var method: KeyExchangeMethod
  private var keyExchange: KeyExchange?
  private var nonce: [UInt8] = []
  /// The SPI that we have chosen for the new IKE SA; zero before there is one.
  private(set) var spi = IKESPI.zero
  /// What CREATE_CHILD_SA has agreed on, and the additional key exchanges that follow.
  private var agreed: (parameters: IKESAParameters, followUps: InitiatedFollowUps)?

  init(_ proposals: [IKEProposal], method: KeyExchangeMethod) {
    self.proposals = proposals
    self.method = method
  }

  /// The IKE SA is about to go, or has gone over to the peer's: there is no point in further rounds.
  func isMoot(in session: IKESession) -> Bool { agreed != nil && session.phase != .established }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    guard agreed == nil else { return try agreed?.followUps.build() ?? [] }
    nonce = context.newNonce()
    spi = context.newIKESPI()
    let fresh = try makeKeyExchange(method)
    keyExchange = fresh
    return [
      .securityAssociation(proposals.offer(spi: .ike(spi))),
      .nonce(NoncePayload(bytes: nonce)),
      .keyExchange(KeyExchangePayload(method: method, publicValue: fresh.publicValue)),
    ]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard (agreed == nil ? begin(message.payloads) : goOn(message.payloads)), let (parameters, followUps) = agreed
    else {
      return try refused(message.payloads, in: session, context)
    }
    // RFC 7296 section 2.8.2: the new IKE SA with the lowest nonce is deleted by the end that created it; if the peer
    // uses its own already, it has decided so.
    let awaited = session.awaitedIKERekey
    let rival = session.crossing?.nonces ?? awaited?.nonces
    let hasLost = !session.isInCharge || rival.map { parameters.nonces.lose(against: $0) } ?? false
    guard followUps.areComplete else {
      if hasLost { return stepBack(from: nil, in: session, context) }
      // RFC 9370 section 2.2.4: the peer knows all four nonces too, and does not go on.
      if let awaited { session.forgetFollowUp(of: awaited) }
      throw .goOn
    }
    guard let own = successor(parameters, followUps.secrets, in: session, context) else {
      return try refused(message.payloads, in: session, context)
    }
    if hasLost { return stepBack(from: own, in: session, context) }
    session.handOver(to: own, context)
    session.enqueue(.informational, [DeleteIKESA(reason: "the IKE SA has been rekeyed")])
  }

  /// Leaves the IKE SA to the peer's successor. RFC 9370 section 2.2.4: where the additional key exchanges have not taken
  /// place there is none of our own to delete.
  private func stepBack(from own: IKESession?, in session: IKESession, _ context: SessionContext) {
    if let crossing = session.crossing { session.handOver(to: crossing.successor, context) }
    guard let own else { return }
    own.phase = .replaced
    own.enqueue(.informational, [DeleteIKESA(reason: "the peer has rekeyed the IKE SA too")])
    session.effects.append(.changed(own))
  }

  private func refused(
    _ payloads: [Payload], in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) {
    // RFC 7296 section 2.8.2: the peer did not notice that both ends have rekeyed the IKE SA: its own rekey stands.
    if let crossing = session.crossing { return session.handOver(to: crossing.successor, context) }
    if let wanted = payloads.notify(.invalidKeyExchange)?.keyExchangeMethod, wanted != method,
      proposals.contains(where: { $0.keyExchangeMethods.contains(wanted) })
    {
      method = wanted
      throw .sendAgain
    }
    session.lifetime?.rekeys = context.now.advanced(by: .seconds(2) + context.share(of: .seconds(6)))
  }

  /// Takes the answer to CREATE_CHILD_SA; false where the peer has refused, or answered what we cannot accept: then it is
  /// tried again later.
  private func begin(_ payloads: [Payload]) -> Bool {
    guard let choice = payloads.securityAssociation, let (suite, proposal) = proposals.accept(choice),
      case .ike(let peerSPI) = proposal.spi, let peerNonce = payloads.nonce, let peer = payloads.keyExchange,
      suite.keyExchange == method, peer.method == method.rawValue,
      let secret = try? keyExchange?.sharedSecret(with: peer.publicValue),
      let followUps = InitiatedFollowUps(suite.additionalKeyExchanges, behind: payloads, firstSecret: secret)
    else { return false }
    let parameters = IKESAParameters(
      suite: suite, nonces: Nonces(initiator: nonce, responder: peerNonce.bytes), initiatorSPI: spi,
      responderSPI: peerSPI, isInitiator: true)
    agreed = (parameters, followUps)
    return true
  }

  /// Takes the answer to IKE_FOLLOWUP_KE.
  private func goOn(_ payloads: [Payload]) -> Bool { agreed?.followUps.process(payloads) ?? false }

  private func successor(
    _ parameters: IKESAParameters, _ secrets: SharedSecrets, in session: IKESession, _ context: SessionContext
  ) -> IKESession? {
    guard let sa = try? session.sa?.successor(parameters, secrets, random: context.random) else { return nil }
    return IKESession(
      succeeding: session, localSPI: parameters.initiatorSPI, remoteSPI: parameters.responderSPI, isInitiator: true,
      sa: sa, context)
  }
}
