import WireFormat

/// MOBIKE_SUPPORTED in IKE_AUTH (RFC 4555 section 3.1), at either end: the responder says so only to an initiator that has.
/// Who has other addresses names them (section 3.4).
final class NegotiateMobility: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard session.isInitiator || session.mobility.isNegotiated else { return [] }
    return [.notify(NotifyPayload(.mobikeSupported))] + session.additionalAddresses
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    // RFC 4555 section 3.1: without NAT traversal the ports could not follow.
    session.mobility.isNegotiated = message.payloads.notify(.mobikeSupported) != nil && session.nat.isSupported
    _ = session.mobility.note(message.payloads, from: session.path.remote.address)
    session.confirmMapping()
  }
}

/// What an INFORMATIONAL request says of addresses, at whoever receives it.
final class AnswerMobility: ExchangeTask {
  private var answer: [Payload] = []

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard session.mobility.isNegotiated, let arrival = session.arrival else { return }
    let isAnnouncement = session.mobility.note(message.payloads, from: arrival.remote.address)
    if message.payloads.notify(.updateSAAddresses) != nil {
      try update(message, from: arrival, in: session)
    } else if isAnnouncement, session.origin.isInitiator {
      session.follow(responderAt: arrival, context)
    }
    // RFC 4555 section 3.8: who sends its view of the path gets ours.
    if message.payloads.notify(.natDetectionSourceIP) != nil {
      answer += natDetectionPayloads(in: session, along: arrival, context)
    }
    // RFC 4555 section 3.7: the cookie comes back as it is.
    if let cookie = message.payloads.notify(.cookie2) { answer.append(.notify(cookie)) }
  }

  /// UPDATE_SA_ADDRESSES at the responder (RFC 4555 section 3.5).
  private func update(
    _ message: IKEMessage, from arrival: NetworkPath, in session: IKESession
  ) throws(ExchangeError) {
    // RFC 4555 section 3.5: it is the initiator of the first IKE SA that decides on the addresses.
    guard !session.origin.isInitiator else { throw .refused(NotifyPayload(.invalidSyntax)) }
    if let expected = message.payloads.notify(.noNATsAllowed), expected.data != arrival.asNoNATsAllowed {
      throw .refused(NotifyPayload(.unexpectedNATDetected))
    }
    guard arrival.remote.address.isUnicast, arrival.remote.port != 0 else {
      throw .refused(NotifyPayload(.unacceptableAddresses))
    }
    let isKnown = arrival == session.path && !session.isVerifyingPath
    session.path = arrival
    detectNAT(message, in: session)
    // RFC 4555 section 3.7: nothing but IKE goes to a new address before the peer has shown that it receives there.
    if !isKnown { session.enqueue(.informational, [VerifyReturnRoutability(of: arrival)]) }
  }
}

extension NetworkPath {
  /// The data of NO_NATS_ALLOWED that its sender at the path's other end must have sent (RFC 4555 section 4.2.6): source
  /// and destination address, source and destination port.
  var asNoNATsAllowed: [UInt8] {
    var writer = ByteWriter(capacity: 36)
    writer.write(remote.address.bytes)
    writer.write(local.address.bytes)
    writer.write(remote.port)
    writer.write(local.port)
    return writer.bytes
  }
}

extension IPAddress {
  /// Whether packets can be sent to one host there.
  fileprivate var isUnicast: Bool { !isMulticast && bytes.contains { $0 != 0 } }
}
