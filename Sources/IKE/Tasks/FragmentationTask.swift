/// IKEV2_FRAGMENTATION_SUPPORTED in IKE_SA_INIT (RFC 7383 section 2.3), at either end: the responder says so only to an
/// initiator that has.
final class NegotiateFragmentation: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    session.isInitiator || session.fragmentation.isNegotiated ? [.notify(NotifyPayload(.fragmentationSupported))] : []
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.fragmentation.isNegotiated = message.payloads.notify(.fragmentationSupported) != nil
  }
}
