import WireFormat

/// Brings the Child SA back in an IKE SA that has lost its last one.
///
/// Where both ends do so at once there would be two for ever, each rekeyed on its own. So the one with the lowest of the
/// four nonces goes, as where both ends rekey the same pair (RFC 7296 section 2.8.1).
final class InitiateMissingChild: ExchangeTask {
  private let creation: InitiateChild

  init(_ connection: IKEConnection) {
    creation = InitiateChild(isFirst: false, local: connection.localSelectors, remote: connection.remoteSelectors)
  }

  var changesChild: Bool { true }

  /// The peer was faster.
  func isMoot(in session: IKESession) -> Bool { !session.children.isEmpty || creation.isMoot(in: session) }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    try creation.build(in: session, context)
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let new = try creation.conclude(message, in: session, context) else { return }
    guard creation.isComplete else { throw .goOn }
    let crossing = session.children.values.first
    if let crossing, new.nonces.lose(against: crossing.nonces) {
      return session.enqueue(.informational, [DeleteChild(new.inboundSPI)])
    }
    try session.install(new, context)
    if let crossing { session.deleteChild(crossing.inboundSPI, context) }
  }
}
