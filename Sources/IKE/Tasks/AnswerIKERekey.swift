import FabricCrypto
import WireFormat

/// Rekey of the IKE SA at the responder: `<--  HDR, SK {SA, Nr, KEr}`.
final class AnswerIKERekey: ExchangeTask {
  private var answer: [Payload] = []
  /// What CREATE_CHILD_SA has agreed on, and the additional key exchanges that follow.
  private var agreed: (parameters: IKESAParameters, followUps: AnsweredFollowUps)?

  var awaitedLink: [UInt8]? { agreed?.followUps.link }

  /// The nonces of CREATE_CHILD_SA, while additional key exchanges are to follow.
  var nonces: Nonces? { agreed?.parameters.nonces }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    // RFC 7296 section 2.25.2: not while this end closes the IKE SA, or creates, replaces or deletes a Child SA.
    guard session.phase == .established, session.crossing == nil, !session.hasSentChildChange,
      !(session.isFollowingUp && session.hasSentIKERekey)
    else { throw .refused(NotifyPayload(.temporaryFailure)) }
    if agreed == nil {
      try begin(message.payloads, in: session, context)
    } else {
      answer = try agreed?.followUps.answer(message.payloads, context) ?? []
    }
    if let (parameters, followUps) = agreed, followUps.areComplete {
      try finish(parameters, followUps.secrets, in: session, context)
    }
  }

  private func begin(
    _ payloads: [Payload], in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) {
    if let stale = session.awaitedIKERekey { session.forgetFollowUp(of: stale) }
    guard let offer = payloads.securityAssociation, let peerNonce = payloads.nonce, let peer = payloads.keyExchange,
      let proposals = session.connection?.ikeProposals
    else {
      throw .fatal(notify: NotifyPayload(.invalidSyntax), session.endOfSA("the peer's IKE rekey lacks a payload"))
    }
    guard let (suite, proposal) = proposals.select(from: offer), case .ike(let peerSPI) = proposal.spi else {
      throw .refused(NotifyPayload(.noProposalChosen))
    }
    guard suite.keyExchange.rawValue == peer.method else { throw .refused(NotifyPayload(wanting: suite.keyExchange)) }
    guard let keyExchange = try? KeyExchangeAnswer(suite.keyExchange, to: peer.publicValue) else {
      throw .refused(NotifyPayload(.invalidSyntax))
    }
    let spi = context.newIKESPI()
    let nonces = Nonces(initiator: peerNonce.bytes, responder: context.newNonce())
    let followUps = AnsweredFollowUps(
      suite.additionalKeyExchanges, firstSecret: keyExchange.sharedSecret, context)
    agreed = (
      IKESAParameters(suite: suite, nonces: nonces, initiatorSPI: peerSPI, responderSPI: spi, isInitiator: false),
      followUps
    )
    answer =
      [
        .securityAssociation(SecurityAssociationPayload([suite.choice(number: proposal.number, spi: .ike(spi))])),
        .nonce(NoncePayload(bytes: nonces.responder)),
        .keyExchange(KeyExchangePayload(method: suite.keyExchange, publicValue: keyExchange.publicValue)),
      ] + followUps.announcement
  }

  private func finish(
    _ parameters: IKESAParameters, _ secrets: SharedSecrets, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) {
    guard let sa = try? session.sa?.successor(parameters, secrets, random: context.random) else {
      throw .refused(NotifyPayload(.invalidSyntax))
    }
    let successor = IKESession(
      succeeding: session, localSPI: parameters.responderSPI, remoteSPI: parameters.initiatorSPI, isInitiator: false,
      sa: sa, context)
    // RFC 7296 section 2.25.2: where our own request to rekey is out, we answer as usual; the nonces decide later.
    if session.hasSentIKERekey {
      session.cross(with: successor, parameters.nonces)
    } else {
      session.handOver(to: successor, context)
    }
  }
}
