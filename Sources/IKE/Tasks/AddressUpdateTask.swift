import FabricCrypto
import WireFormat

/// Moves the IKE SA and its Child SAs to the session's path (RFC 4555 section 3.5), at the initiator of the first IKE SA:
/// `HDR, SK {N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), N(COOKIE2)}  -->`.
final class InitiateAddressUpdate: ExchangeTask {
  private let cookie = ReturnRoutabilityCookie()
  private var path: NetworkPath?

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    path = session.path
    return [.notify(NotifyPayload(.updateSAAddresses))]
      + natDetectionPayloads(in: session, along: session.path, context)
      + [cookie.payload(context)]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    if let refusal = message.payloads.errorNotify {
      throw .fatal(
        notify: nil, session.endOfSA("the peer does not follow to our new address: it answered \(refusal.type)"))
    }
    // RFC 4555 section 3.7: an answer that was made without the request is no proof that the peer is there.
    guard cookie.isEchoed(in: message) else {
      throw .fatal(notify: nil, session.endOfSA("the peer did not return the cookie of our address update"))
    }
    // RFC 4555 section 3.5: if the path has changed again meanwhile, the next update is queued already.
    guard session.path == path else { return }
    session.takeOverMapping(message)
  }
}

/// Has the peer take over how it sees our address in a new IKE SA, whose SPIs change the hashes, so that a change of the
/// NAT's mapping just before its beginning would never show. The peer's address stays what it was: it needs no COOKIE2.
final class ConfirmMapping: ExchangeTask {
  private var path: NetworkPath?

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    path = session.path
    return [.notify(NotifyPayload(.updateSAAddresses))]
      + natDetectionPayloads(in: session, along: session.path, context)
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    guard session.path == path else { return }
    // RFC 4555 section 3.5: whoever can move answers with its own view. libreswan 4.10 forgets that it can with each rekey.
    guard message.payloads.notify(.natDetectionDestinationIP) != nil else {
      session.mobility.isNegotiated = false
      return
    }
    session.takeOverMapping(message)
  }
}

extension IKESession {
  /// The peer's view of the path, in its answer to an update along it, is what all Child SAs go by.
  fileprivate func takeOverMapping(_ answer: IKEMessage) {
    mobility.mapping = answer.payloads.notify(.natDetectionDestinationIP)?.data
    detectNAT(answer, in: self)
    moveChildren()
  }
}

/// Tells where we can be reached besides the address that this comes from (RFC 4555 section 3.6). From the responder of the
/// first IKE SA it is also the word that its address has changed: the initiator decides what is made of it.
final class AnnounceAddresses: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    let others = session.additionalAddresses
    return others.isEmpty ? [.notify(NotifyPayload(.noAdditionalAddresses))] : others
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {}
}

/// Asks the peer to show that it receives at the address that it has moved to (RFC 4555 section 3.7), so that nobody can
/// have us flood another; then its packets follow.
final class VerifyReturnRoutability: ExchangeTask {
  private let path: NetworkPath
  private let cookie = ReturnRoutabilityCookie()

  init(of path: NetworkPath) { self.path = path }

  /// The peer has moved on.
  func isMoot(in session: IKESession) -> Bool { session.path != path }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [cookie.payload(context)] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard cookie.isEchoed(in: message) else {
      throw .fatal(notify: nil, session.endOfSA("the peer did not return the cookie sent to its new address"))
    }
    guard session.path == path, session.isInCharge else { return }
    session.moveChildren()
    session.report(.moved(path.remote))
    // The peer may have turned to another line of ours.
    session.report(.relocated(path.local))
  }
}

/// COOKIE2: random bytes that only who receives them can return (RFC 4555 section 4.2.5: 8 to 64 of them).
final class ReturnRoutabilityCookie {
  private var bytes: [UInt8] = []

  func payload(_ context: SessionContext) -> Payload {
    bytes = context.random.randomBytes(16)
    return .notify(NotifyPayload(.cookie2, data: bytes))
  }

  func isEchoed(in message: IKEMessage) -> Bool { message.payloads.notify(.cookie2)?.data == bytes }
}
