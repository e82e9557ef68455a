import FabricCrypto
import WireFormat

/// USE_PPK at the initiator of IKE_SA_INIT (RFC 8784 section 3).
final class InitiatePostQuantumPresharedKey: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.connection?.postQuantumPresharedKey == nil ? [] : [.notify(NotifyPayload(.usePPK))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let ppk = session.connection?.postQuantumPresharedKey else { return }
    session.initial.usesPPK = message.payloads.notify(.usePPK) != nil
    // RFC 8784 section 3: who requires a PPK gives a peer up that does not use any.
    guard session.initial.usesPPK || !ppk.isRequired else {
      throw .fatal(
        notify: nil, .failed(.ikeSA, cause: "the peer uses no post-quantum preshared key, which we require"))
    }
  }
}

/// USE_PPK at the responder, which does not know yet which peer it has.
final class AnswerPostQuantumPresharedKey: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    let policies = context.directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address)
    session.initial.usesPPK =
      message.payloads.notify(.usePPK) != nil && policies.contains(where: \.hasPostQuantumPresharedKey)
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.initial.usesPPK ? [.notify(NotifyPayload(.usePPK))] : []
  }
}

/// The key in IKE_AUTH (RFC 8784 section 3).
///
///     HDR, SK {IDi, IDr, AUTH, N(PPK_IDENTITY, PPK_ID) [, N(NO_PPK_AUTH)], …}  -->
///     <--  HDR, SK {IDr, AUTH [, N(PPK_IDENTITY)], …}
extension IKESession {
  /// As initiator: mixes our key in, and says so. `proof` makes AUTH under the keys as they are.
  func mixInOwnPPK(
    _ proof: () throws(AuthenticationFault) -> [Payload]
  ) throws(AuthenticationFault) -> [Payload] {
    guard initial.usesPPK, let ppk = connection?.postQuantumPresharedKey, let unmixed = sa,
      let mixed = try? unmixed.mixing(ppk)
    else { return [] }
    let identity = Payload.notify(NotifyPayload(.ppkIdentity, data: ppk.wireIdentity))
    var alternative: [Payload] = []
    if !ppk.isRequired, let authentication = try proof().authentication {
      alternative = [.notify(NotifyPayload(.noPPKAuthentication, data: authentication.data))]
    }
    initial.unmixedSA = unmixed
    sa = mixed
    return [identity] + alternative
  }

  /// As initiator: goes back to the keys without ours if the peer has not used it.
  func settlePPK(_ response: [Payload]) throws(AuthenticationFault) {
    guard let unmixed = initial.unmixedSA, response.notify(.ppkIdentity) == nil else { return }
    guard connection?.postQuantumPresharedKey?.isRequired == false else { throw .lacksPPK }
    sa = unmixed
  }

  /// As responder: the AUTH that is to be verified, with the initiator's key mixed in if it is ours too.
  func settlePPK(
    _ request: [Payload], _ proof: AuthenticationPayload, _ ppk: PostQuantumPresharedKey?
  ) throws(AuthenticationFault) -> AuthenticationPayload {
    // The keys of the session that is resumed have it in them, or it was not required: the ticket shows the same connection.
    if initial.resumed != nil { return proof }
    if initial.usesPPK, let ppk, request.notify(.ppkIdentity)?.data == ppk.wireIdentity {
      guard let mixed = try? sa?.mixing(ppk) else { throw .lacksPPK }
      sa = mixed
      return proof
    }
    guard ppk?.isRequired != true else { throw .lacksPPK }
    guard initial.usesPPK, request.notify(.ppkIdentity) != nil else { return proof }
    guard let alternative = request.notify(.noPPKAuthentication) else { throw .lacksPPK }
    return AuthenticationPayload(method: proof.method, data: alternative.data)
  }

  /// As responder: says that the initiator's key is mixed in.
  var usedPPK: [Payload] {
    initial.resumed == nil && sa?.hasPostQuantumPresharedKey == true ? [.notify(NotifyPayload(.ppkIdentity))] : []
  }
}

extension AuthenticationFault {
  fileprivate static var lacksPPK: AuthenticationFault {
    AuthenticationFault("the two ends do not have the same post-quantum preshared key")
  }
}

extension PostQuantumPresharedKey {
  /// PPK_ID: the type PPK_ID_FIXED, and the identity (RFC 8784 section 5.1).
  fileprivate var wireIdentity: [UInt8] { [2] + Array(identity.utf8) }
}
