import FabricCrypto
import WireFormat

/// IKE_AUTH at the initiator (RFC 7296 section 1.2): `HDR, SK {IDi, IDr, AUTH, …}  -->`.
final class InitiateAuthentication: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard let connection = session.connection else { return [] }
    let own = IdentificationPayload(connection.localIdentity)
    return [
      .initiatorIdentification(own), .responderIdentification(IdentificationPayload(connection.remoteIdentity)),
    ] + session.proof(of: own, by: connection.authentication)
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let connection = session.connection else { return }
    guard let claim = message.payloads.responderIdentification, let proof = message.payloads.authentication else {
      let cause = message.payloads.errorNotify?.cause(offering: connection.ikeProposals.text)
      throw .fatal(notify: nil, .failed(.ikeSA, cause: cause ?? "the peer's IKE_AUTH response lacks IDr or AUTH"))
    }
    let flaw = session.flaw(in: proof, of: claim, by: connection.authentication)
    guard claim.identity == connection.remoteIdentity else {
      throw failure("the peer says that it is \(claim), but \(connection.remoteIdentity) is expected")
    }
    if let flaw { throw failure(flaw) }
    session.initial = InitialExchange()
    session.effects.append(.established)
    session.begin(context)
  }

  private func failure(_ cause: String) -> ExchangeError {
    .fatal(notify: NotifyPayload(.authenticationFailed), .failed(.ikeSA, cause: "authentication failed: \(cause)"))
  }
}

/// IKE_AUTH at the responder: `<--  HDR, SK {IDr, AUTH, …}`.
///
/// Until the proof is checked nothing is set up and nothing is sent that an impostor could use (DESIGN.md section 5,
/// invariant 3). An unknown identity and a wrong key look the same to the peer.
final class AnswerAuthentication: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let claim = message.payloads.initiatorIdentification, let proof = message.payloads.authentication else {
      throw .fatal(
        notify: NotifyPayload(.invalidSyntax), .failed(.ikeSA, cause: "the peer's IKE_AUTH request lacks IDi or AUTH"))
    }
    let wanted = message.payloads.responderIdentification
    let connection = find(claim, wanted, session, context)
    // An unknown peer is measured against a key that nobody has, so that the answer takes the same time.
    let authentication = connection?.authentication ?? .presharedKey(SecretBytes(context.random.randomBytes(32)))
    let flaw = session.flaw(in: proof, of: claim, by: authentication)
    session.connection = connection
    guard let connection else {
      throw failure(
        "no connection on \(session.path.uplink) expects \(claim) to ask for \(wanted?.description ?? "us")")
    }
    if let flaw { throw failure(flaw) }
    guard let suite = session.sa?.suite, connection.ikeProposals.contains(where: { $0.allows(suite) }) else {
      throw .fatal(
        notify: NotifyPayload(.noProposalChosen),
        .failed(.ikeSA, cause: "no proposal chosen for \(claim): we accept \(connection.ikeProposals.text)"))
    }
    session.effects.append(.established)
    session.begin(context)
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard let connection = session.connection else { return [] }
    let own = IdentificationPayload(connection.localIdentity)
    let proof = session.proof(of: own, by: connection.authentication)
    session.initial = InitialExchange()
    return [.responderIdentification(own)] + proof
  }

  private func find(
    _ claim: IdentificationPayload, _ wanted: IdentificationPayload?, _ session: IKESession, _ context: SessionContext
  ) -> IKEConnection? {
    guard let identity = claim.identity else { return nil }
    // RFC 7296 section 1.2: IDr says which of the responder's identities the initiator wants to talk to.
    if let wanted, wanted.identity == nil { return nil }
    return context.directory.connection(uplink: session.path.uplink, peer: identity, wanted: wanted?.identity)
  }

  private func failure(_ cause: String) -> ExchangeError {
    .fatal(notify: NotifyPayload(.authenticationFailed), .failed(.ikeSA, cause: "authentication failed: \(cause)"))
  }
}
