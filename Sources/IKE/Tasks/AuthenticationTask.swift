import FabricCrypto
import WireFormat

/// IKE_AUTH at the initiator (RFC 7296 section 1.2): `HDR, SK {IDi, [CERT,] [CERTREQ,] IDr, AUTH, …}  -->`.
final class InitiateAuthentication: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    guard let connection = session.connection else { return [] }
    let own = IdentificationPayload(connection.localIdentity)
    do throws(AuthenticationFault) {
      let ppk = try session.mixInOwnPPK { () throws(AuthenticationFault) in
        try session.proof(of: own, by: connection.authentication, context)
      }
      let proof = try session.proof(of: own, by: connection.authentication, context)
      return [.initiatorIdentification(own)] + certificateRequest(connection, context)
        + [.responderIdentification(IdentificationPayload(connection.remoteIdentity))] + proof + ppk
    } catch {
      throw .fatal(notify: nil, error.end)
    }
  }

  private func certificateRequest(_ connection: IKEConnection, _ context: SessionContext) -> [Payload] {
    guard case .certificate(let anchors) = connection.authentication else { return [] }
    let request = CertificateRequestPayload(keyHashes: context.credentials.trust.authorityKeyHashes(of: anchors))
    return request.map { [.certificateRequest($0)] } ?? []
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let connection = session.connection else { return }
    guard let claim = message.payloads.responderIdentification, let proof = message.payloads.authentication else {
      let cause = message.payloads.errorNotify?.cause(offering: connection.ikeProposals.text)
      throw .fatal(notify: nil, .failed(.ikeSA, cause: cause ?? "the peer's IKE_AUTH response lacks IDr or AUTH"))
    }
    do throws(AuthenticationFault) {
      guard claim.identity == connection.remoteIdentity else {
        throw AuthenticationFault("the peer says that it is \(claim), but \(connection.remoteIdentity) is expected")
      }
      try session.settlePPK(message.payloads)
      session.peerProof = try session.check(
        message.payloads, proof, of: claim, by: connection.authentication, context)
    } catch {
      throw .fatal(notify: NotifyPayload(.authenticationFailed), error.end)
    }
    session.effects.append(.established)
    session.begin(context)
    session.initial = InitialExchange()
  }
}

/// IKE_AUTH at the responder: `<--  HDR, SK {IDr, [CERT,] AUTH, …}`.
///
/// Until the proof is checked nothing is set up and nothing is sent that an impostor could use (DESIGN.md section 5,
/// invariant 3). Whatever is wrong with it, the peer gets the same answer after the same time.
final class AnswerAuthentication: ExchangeTask {
  private var answer: [Payload] = []

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    do throws(AuthenticationFault) {
      answer = try authenticate(message.payloads, session, context)
    } catch {
      throw .fatal(notify: NotifyPayload(.authenticationFailed), error.end)
    }
    guard let suite = session.sa?.suite, let connection = session.connection,
      connection.ikeProposals.contains(where: { $0.allows(suite) })
    else {
      let accepted = session.connection?.ikeProposals.text ?? "nothing"
      throw .fatal(
        notify: NotifyPayload(.noProposalChosen), .failed(.ikeSA, cause: "no proposal chosen: we accept \(accepted)"))
    }
    session.effects.append(.established)
    session.begin(context)
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.initial = InitialExchange()
    return answer
  }

  /// Checks who the peer is, and proves who we are.
  private func authenticate(
    _ message: [Payload], _ session: IKESession, _ context: SessionContext
  ) throws(AuthenticationFault) -> [Payload] {
    // RFC 7296 section 2.16: an initiator that leaves AUTH out wants EAP.
    guard let claim = message.initiatorIdentification, let proof = message.authentication else {
      throw AuthenticationFault("the peer's IKE_AUTH request lacks IDi or AUTH: does it want EAP?")
    }
    // RFC 5723 section 4.3.3: a ticket is of use to nobody but the peer that it was made for.
    guard session.initial.resumed.map({ $0.peer == claim }) ?? true else {
      throw AuthenticationFault("\(claim) resumes the session of another")
    }
    let wanted = message.responderIdentification
    guard let connection = find(claim, wanted, session, context) else {
      throw AuthenticationFault(
        "no connection on \(session.path.uplink) expects \(claim) to ask for \(wanted?.description ?? "us")")
    }
    session.connection = connection
    let settled = try session.settlePPK(message, proof, connection.postQuantumPresharedKey)
    session.peerProof = try session.check(message, settled, of: claim, by: connection.authentication, context)
    let own = IdentificationPayload(connection.localIdentity)
    return try [.responderIdentification(own)] + session.proof(of: own, by: connection.authentication, context)
      + session.usedPPK
  }

  private func find(
    _ claim: IdentificationPayload, _ wanted: IdentificationPayload?, _ session: IKESession, _ context: SessionContext
  ) -> IKEConnection? {
    guard let identity = claim.identity else { return nil }
    // RFC 7296 section 1.2: IDr says which of the responder's identities the initiator wants to talk to.
    if let wanted, wanted.identity == nil { return nil }
    return context.directory.connection(uplink: session.path.uplink, peer: identity, wanted: wanted?.identity)
  }
}

extension AuthenticationFault {
  fileprivate var end: SessionEnd { .failed(.ikeSA, cause: "authentication failed: \(cause)") }
}
