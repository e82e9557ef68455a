import FabricCrypto
import WireFormat

/// IKE_SA_INIT at the initiator (RFC 7296 section 1.2): `HDR, SAi1, KEi, Ni  -->`.
final class InitiateIKESA: ExchangeTask {
  private let proposals: [IKEProposal]
  private var method: KeyExchangeMethod
  private var keyExchange: KeyExchange?
  private var nonce: [UInt8] = []
  private var cookie = ReturnedCookie()
  private var hasChangedMethod = false

  init(_ proposals: [IKEProposal], method: KeyExchangeMethod) {
    self.proposals = proposals
    self.method = method
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    // RFC 7296 section 2.6: the retry with a cookie is the same request but for the cookie in front.
    if nonce.isEmpty { nonce = context.newNonce() }
    if keyExchange == nil { keyExchange = try makeKeyExchange(method) }
    let publicValue = keyExchange?.publicValue ?? []
    let request: [Payload] = [
      .securityAssociation(proposals.offer(spi: .initialIKE)),
      .keyExchange(KeyExchangePayload(method: method, publicValue: publicValue)),
      .nonce(NoncePayload(bytes: nonce)),
    ]
    return cookie.payloads + request + (offersRounds ? [.intermediateExchangeSupported] : [])
  }

  /// Whether additional key exchanges are offered, for which there has to be IKE_INTERMEDIATE.
  private var offersRounds: Bool { proposals.contains { !$0.additionalKeyExchanges.isEmpty } }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    try processRetry(message.payloads)
    if let error = message.payloads.errorNotify {
      let cause = error.cause(offering: proposals.text)
      session.noteRefusal(.failed(.ikeSA, cause: cause), context)
      throw .ignored(reason: cause)
    }
    guard let choice = message.payloads.securityAssociation, let peer = message.payloads.keyExchange,
      let peerNonce = message.payloads.nonce, let keyExchange, message.header.responderSPI != .zero
    else { throw .ignored(reason: "the peer's IKE_SA_INIT response lacks a payload") }
    let suite = try suite(choice, peer, message.payloads)
    let nonces = Nonces(initiator: nonce, responder: peerNonce.bytes)
    let parameters = IKESAParameters(
      suite: suite, nonces: nonces, initiatorSPI: session.localSPI, responderSPI: message.header.responderSPI,
      isInitiator: true)
    do {
      let secret = try keyExchange.sharedSecret(with: peer.publicValue)
      session.sa = try IKESA(parameters, sharedSecret: secret, random: context.random)
    } catch {
      throw .ignored(reason: "the peer's key exchange: \(error)")
    }
    session.remoteSPI = message.header.responderSPI
    session.initial.nonces = nonces
    session.startAuthentication()
  }

  /// The suite that the peer has chosen.
  private func suite(
    _ choice: SecurityAssociationPayload, _ peer: KeyExchangePayload, _ payloads: [Payload]
  ) throws(ExchangeError) -> IKESuite {
    // RFC 7296 section 2.7: the choice must be one of what was offered, or the exchange has failed.
    guard let (suite, _) = proposals.accept(choice), suite.keyExchange == method, peer.method == method.rawValue else {
      throw .ignored(reason: "the peer chose \(describe(choice.proposals)), which we did not offer")
    }
    // RFC 9370 section 2.2.1: additional key exchanges take place in IKE_INTERMEDIATE, so both ends must know that.
    guard suite.additionalKeyExchanges.isEmpty || payloads.notify(.intermediateExchangeSupported) != nil else {
      throw .ignored(reason: "the peer chose additional key exchanges, but does not know IKE_INTERMEDIATE")
    }
    return suite
  }

  /// COOKIE (RFC 7296 section 2.6) and INVALID_KE_PAYLOAD (section 1.2): the peer wants the request in another form.
  private func processRetry(_ payloads: [Payload]) throws(ExchangeError) {
    if let returned = payloads.notify(.cookie) { try cookie.take(returned) }
    guard let wanted = payloads.notify(.invalidKeyExchange)?.keyExchangeMethod else { return }
    guard !hasChangedMethod else { throw .ignored(reason: "the peer asks for one retry too many") }
    // RFC 7296 section 1.2: only a method that was offered, or an attacker could choose a weak one.
    guard wanted != method, proposals.contains(where: { $0.keyExchangeMethods.contains(wanted) }) else {
      throw .ignored(reason: "the peer asks for key exchange \(Transform(wanted).name), which we did not offer")
    }
    hasChangedMethod = true
    method = wanted
    keyExchange = nil
    throw .sendAgain
  }
}

extension IKESession {
  /// There are keys: what is left is that both ends prove who they are.
  func startAuthentication() {
    phase = .authenticating
    guard let connection else { return }
    let rounds = initial.resumed == nil ? sa?.suite.additionalKeyExchanges ?? [] : []
    for method in rounds { enqueue(.intermediate, [InitiateAdditionalKeyExchange(method)]) }
    enqueue(
      .authentication,
      [
        InitiateAuthentication(), NegotiateMobility(),
        InitiateChild(isFirst: true, local: connection.localSelectors, remote: connection.remoteSelectors),
        DeclareInitialContact(), ExchangeCrashTokens(), RequestTicket(),
      ])
  }
}

/// IKE_SA_INIT at the responder: `<--  HDR, SAr1, KEr, Nr`.
final class AnswerIKESA: ExchangeTask {
  private var answer: [Payload] = []

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let offer = message.payloads.securityAssociation, let peer = message.payloads.keyExchange,
      let peerNonce = message.payloads.nonce
    else { throw .refused(NotifyPayload(.invalidSyntax)) }
    let knowsIntermediate = message.payloads.notify(.intermediateExchangeSupported) != nil
    let (suite, proposal) = try select(from: offer, knowsIntermediate: knowsIntermediate, in: session, context)
    // RFC 7296 section 1.2: the peer guessed another method than the one we choose.
    guard suite.keyExchange.rawValue == peer.method else { throw .refused(NotifyPayload(wanting: suite.keyExchange)) }
    let nonces = Nonces(initiator: peerNonce.bytes, responder: context.newNonce())
    session.initial.nonces = nonces
    session.initial.remainingKeyExchanges = suite.additionalKeyExchanges
    let parameters = IKESAParameters(
      suite: suite, nonces: nonces, initiatorSPI: session.initiatorSPI, responderSPI: session.responderSPI,
      isInitiator: false)
    do {
      let keyExchange = try KeyExchangeAnswer(suite.keyExchange, to: peer.publicValue)
      session.sa = try IKESA(parameters, sharedSecret: keyExchange.sharedSecret, random: context.random)
      answer = [
        .securityAssociation(
          SecurityAssociationPayload([suite.choice(number: proposal.number, spi: .initialIKE)])),
        .keyExchange(KeyExchangePayload(method: suite.keyExchange, publicValue: keyExchange.publicValue)),
        .nonce(NoncePayload(bytes: nonces.responder)),
        // RFC 6023 section 3: an initiator may leave the first Child SA for later.
        .notify(NotifyPayload(.childlessSupported)),
      ]
      if !suite.additionalKeyExchanges.isEmpty { answer.append(.intermediateExchangeSupported) }
    } catch {
      throw .refused(NotifyPayload(.invalidSyntax))
    }
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  /// The first suite that any connection which may be meant accepts.
  private func select(
    from offer: SecurityAssociationPayload, knowsIntermediate: Bool, in session: IKESession, _ context: SessionContext
  ) throws(ExchangeError) -> (suite: IKESuite, proposal: Proposal) {
    let policies = context.directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address)
    // RFC 9370 section 2.2.1: without IKE_INTERMEDIATE there is no place for additional key exchanges.
    let accepted = policies.flatMap(\.proposals).map { proposals in
      proposals.filter { knowsIntermediate || $0.additionalKeyExchanges.isEmpty }
    }
    for proposals in accepted { if let choice = proposals.select(from: offer) { return choice } }
    let own = policies.first?.proposals.first?.text ?? "nothing: no connection is expected here"
    let cause = "no proposal chosen: peer offers \(describe(offer.proposals)); we accept \(own)"
    let failure = IKEReport.Failure(stage: .ikeSA, cause: cause, remote: session.path.remote, retryAfter: nil)
    session.effects.append(
      .action(.report(IKEReport(connection: policies.first?.soleConnection, .failed(failure)))))
    throw .refused(NotifyPayload(.noProposalChosen))
  }
}

extension Payload {
  /// The sender knows IKE_INTERMEDIATE (RFC 9242 section 3.1).
  fileprivate static var intermediateExchangeSupported: Payload {
    .notify(NotifyPayload(.intermediateExchangeSupported))
  }
}

/// A fresh key pair; OpenSSL refuses only where the machine is broken.
func makeKeyExchange(_ method: KeyExchangeMethod) throws(ExchangeError) -> KeyExchange {
  do {
    return try KeyExchange(method)
  } catch {
    throw .fatal(
      notify: nil, .failed(.ikeSA, cause: "key exchange \(Transform(method).name) is not available: \(error)"))
  }
}
