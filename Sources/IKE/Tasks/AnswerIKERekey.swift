import FabricCrypto
import WireFormat

/// Rekey of the IKE SA at the responder: `<--  HDR, SK {SA, Nr, KEr}`.
final class AnswerIKERekey: ExchangeTask {
  private var answer: [Payload] = []

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    // RFC 7296 section 2.25.2: not while this end closes the IKE SA, or creates, replaces or deletes a Child SA.
    guard session.phase == .established, session.crossing == nil, !session.hasSentChildChange else {
      throw .refused(NotifyPayload(.temporaryFailure))
    }
    guard let offer = message.payloads.securityAssociation, let peerNonce = message.payloads.nonce,
      let peer = message.payloads.keyExchange, let proposals = session.connection?.ikeProposals
    else {
      throw .fatal(notify: NotifyPayload(.invalidSyntax), session.endOfSA("the peer's IKE rekey lacks a payload"))
    }
    guard let (suite, proposal) = proposals.select(from: offer), case .ike(let peerSPI) = proposal.spi else {
      throw .refused(NotifyPayload(.noProposalChosen))
    }
    guard suite.keyExchange.rawValue == peer.method else { throw .refused(NotifyPayload(wanting: suite.keyExchange)) }
    let spi = context.newIKESPI()
    let nonces = Nonces(initiator: peerNonce.bytes, responder: context.newNonce())
    let parameters = IKESAParameters(
      suite: suite, nonces: nonces, initiatorSPI: peerSPI, responderSPI: spi, isInitiator: false)
    guard let keyExchange = try? KeyExchangeAnswer(suite.keyExchange, to: peer.publicValue),
      let sa = try? session.sa?.successor(
        parameters, sharedSecret: keyExchange.sharedSecret, random: context.random)
    else { throw .refused(NotifyPayload(.invalidSyntax)) }
    answer = [
      .securityAssociation(
        SecurityAssociationPayload([suite.choice(number: proposal.number, spi: .ike(spi))])),
      .nonce(NoncePayload(bytes: nonces.responder)),
      .keyExchange(KeyExchangePayload(method: suite.keyExchange, publicValue: keyExchange.publicValue)),
    ]
    let successor = IKESession(
      succeeding: session, localSPI: spi, remoteSPI: peerSPI, isInitiator: false, sa: sa, context)
    // RFC 7296 section 2.25.2: where our own request to rekey is out, we answer as usual; the nonces decide later.
    if session.hasSentIKERekey {
      session.cross(with: successor, nonces)
    } else {
      session.handOver(to: successor, context)
    }
  }
}
