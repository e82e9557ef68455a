/// An authentic request of an exchange that we do not know, or that has no place any more: refused, as silence would make
/// the peer take us for dead (RFC 7296 section 3.10.1).
final class RefuseExchange: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    throw .refused(NotifyPayload(.invalidSyntax))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}
