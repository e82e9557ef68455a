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
    guard let (own, nonces) = successor(message.payloads, in: session, context) else {
      return try refused(message.payloads, in: session, context)
    }
    // RFC 7296 section 2.8.2: the new IKE SA with the lowest nonce is deleted by the end that created it; if the peer
    // uses its own already, it has decided so.
    guard session.isInCharge, !(session.crossing.map { nonces.lose(against: $0.nonces) } ?? false) else {
      return stepBack(from: own, in: session, context)
    }
    session.handOver(to: own, context)
    session.enqueue(.informational, [DeleteIKESA(reason: "the IKE SA has been rekeyed")])
  }

  private func stepBack(from own: IKESession, in session: IKESession, _ context: SessionContext) {
    if let crossing = session.crossing { session.handOver(to: crossing.successor, context) }
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

  /// The new session; nil where the peer has refused, or answered what we cannot accept: then it is tried again later.
  private func successor(
    _ payloads: [Payload], in session: IKESession, _ context: SessionContext
  ) -> (IKESession, Nonces)? {
    guard let choice = payloads.securityAssociation, let (suite, proposal) = proposals.accept(choice),
      case .ike(let peerSPI) = proposal.spi, let peerNonce = payloads.nonce, let peer = payloads.keyExchange,
      suite.keyExchange == method, peer.method == method.rawValue, let keyExchange
    else { return nil }
    let nonces = Nonces(initiator: nonce, responder: peerNonce.bytes)
    let parameters = IKESAParameters(
      suite: suite, nonces: nonces, initiatorSPI: spi, responderSPI: peerSPI, isInitiator: true)
    guard let secret = try? keyExchange.sharedSecret(with: peer.publicValue),
      let sa = try? session.sa?.successor(parameters, sharedSecret: secret, random: context.random)
    else { return nil }
    let own = IKESession(succeeding: session, localSPI: spi, remoteSPI: peerSPI, isInitiator: true, sa: sa, context)
    return (own, nonces)
  }
}
