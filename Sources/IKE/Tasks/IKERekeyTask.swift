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
  private var spi = IKESPI.zero

  init(_ proposals: [IKEProposal], method: KeyExchangeMethod) {
    self.proposals = proposals
    self.method = method
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
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
    let payloads = message.payloads
    if let wanted = payloads.notify(.invalidKeyExchange)?.keyExchangeMethod, wanted != method,
      proposals.contains(where: { $0.keyExchangeMethods.contains(wanted) })
    {
      method = wanted
      throw .sendAgain
    }
    guard let successor = successor(payloads, in: session, context) else {
      session.isRekeying = false
      session.lifetime?.rekeys = context.now.advanced(by: .seconds(2) + context.share(of: .seconds(6)))
      return
    }
    session.effects.append(.replaced(by: successor))
    session.enqueue(.informational, [DeleteIKESA(reason: "the IKE SA has been rekeyed")])
  }

  /// The new session; nil where the peer has refused, or answered what we cannot accept: then it is tried again later.
  private func successor(_ payloads: [Payload], in session: IKESession, _ context: SessionContext) -> IKESession? {
    guard let choice = payloads.securityAssociation, let (suite, proposal) = proposals.accept(choice),
      case .ike(let peerSPI) = proposal.spi, let peerNonce = payloads.nonce, let peer = payloads.keyExchange,
      suite.keyExchange == method, peer.method == method.rawValue, let keyExchange
    else { return nil }
    let parameters = IKESAParameters(
      suite: suite, nonces: Nonces(initiator: nonce, responder: peerNonce.bytes), initiatorSPI: spi,
      responderSPI: peerSPI, isInitiator: true)
    guard let secret = try? keyExchange.sharedSecret(with: peer.publicValue),
      let sa = try? session.sa?.successor(parameters, sharedSecret: secret, random: context.random)
    else { return nil }
    return IKESession(
      replacing: session, localSPI: spi, remoteSPI: peerSPI, isInitiator: true, sa: sa, context)
  }
}

/// Rekey of the IKE SA at the responder: `<--  HDR, SK {SA, Nr, KEr}`.
final class AnswerIKERekey: ExchangeTask {
  private var answer: [Payload] = []

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    // RFC 7296 section 2.25.2: not while this end rekeys, creates or deletes anything itself.
    guard session.phase == .established, !session.isRekeying, !session.isChangingSAs else {
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
      replacing: session, localSPI: spi, remoteSPI: peerSPI, isInitiator: false, sa: sa, context)
    session.effects.append(.replaced(by: successor))
  }
}
