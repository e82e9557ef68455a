/// INITIAL_CONTACT in IKE_AUTH (RFC 7296 section 2.4), at either end: who has lost all its SAs says so, and its peer drops
/// what is left of them at once, without a DELETE that nobody would understand.
final class DeclareInitialContact: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard let name = session.connection?.name, context.unmet.contains(name) else { return [] }
    return [.notify(NotifyPayload(.initialContact))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    guard message.payloads.notify(.initialContact) != nil, session.phase == .established else { return }
    session.effects.append(.isSoleContact)
  }
}
