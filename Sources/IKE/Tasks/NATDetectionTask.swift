import FabricCrypto
import WireFormat

/// NAT detection at the initiator (RFC 7296 section 2.23): each end sends hashes of the addresses and ports that it uses,
/// and compares the peer's with what it sees.
final class InitiateNATDetection: ExchangeTask {
  private var payloads: [Payload]?

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    // RFC 7296 section 2.6: the retry with a cookie is the same request, of which AUTH covers every byte.
    if let payloads { return payloads }
    session.nat.isForced = session.connection?.forceEncapsulation ?? false
    let first = natDetectionPayloads(in: session, along: session.path, context)
    payloads = first
    return first
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    detectNAT(message, in: session)
    // RFC 7296 section 2.23: with a NAT on the way, the initiator goes on from port 4500 to port 4500; RFC 4555 section 3.3:
    // it does so without one too, as it may move behind one.
    if session.nat.isSupported { session.path = session.path.movedToNATTraversal }
  }
}

/// NAT detection at the responder, which follows the initiator to port 4500.
final class AnswerNATDetection: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    detectNAT(message, in: session)
    let policies = context.directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address)
    session.nat.isForced = policies.first?.forceEncapsulation ?? false
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.nat.isSupported ? natDetectionPayloads(in: session, along: session.path, context) : []
  }
}

/// The two notifies with our own view of a path.
func natDetectionPayloads(
  in session: IKESession, along path: NetworkPath, _ context: SessionContext
) -> [Payload] {
  func hash(_ endpoint: Endpoint) -> [UInt8] {
    NATDetectionHash.of(
      initiatorSPI: session.initiatorSPI, responderSPI: session.responderSPI, endpoint: endpoint)
  }
  // A source hash that cannot match looks like a NAT in front of us, and so the peer encapsulates too.
  let source = session.nat.isForced ? context.random.randomBytes(20) : hash(path.local)
  return [
    .notify(NotifyPayload(.natDetectionSourceIP, data: source)),
    .notify(NotifyPayload(.natDetectionDestinationIP, data: hash(path.remote))),
  ]
}

/// Compares the peer's view of the path with ours.
func detectNAT(_ message: IKEMessage, in session: IKESession) {
  func hash(_ endpoint: Endpoint) -> [UInt8] {
    NATDetectionHash.of(
      initiatorSPI: message.header.initiatorSPI, responderSPI: message.header.responderSPI, endpoint: endpoint)
  }
  let notifies = message.payloads.notifies
  let sources = notifies.filter { $0.type == .natDetectionSourceIP }.map(\.data)
  let destinations = notifies.filter { $0.type == .natDetectionDestinationIP }.map(\.data)
  guard !sources.isEmpty, !destinations.isEmpty else { return }
  session.nat.isSupported = true
  // RFC 7296 section 2.23: there may be several source hashes, of which one has to match.
  session.nat.isRemoteBehindNAT = !sources.contains(hash(session.path.remote))
  session.nat.isLocalBehindNAT = !destinations.contains(hash(session.path.local))
}
