import WireFormat

/// Deletes the IKE SA and with it all its Child SAs (RFC 7296 section 1.4.1).
final class DeleteIKESA: ExchangeTask {
  private let reason: String

  init(reason: String) { self.reason = reason }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [.delete(.ikeSA)] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.end(session.isInCharge ? .closed(reason: reason) : .silent, context)
    // The peer has nothing more to ask: there is no response to repeat.
    session.removal = context.now
  }
}

/// Deletes a Child SA (RFC 7296 section 1.4.1).
final class DeleteChild: ExchangeTask {
  private let inboundSPI: ESPSPI

  init(_ inboundSPI: ESPSPI) { self.inboundSPI = inboundSPI }

  var subject: ESPSPI? { inboundSPI }

  var changesChild: Bool { true }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    [.delete(.childSAs([inboundSPI]))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.removeChild(inboundSPI, reason: "deleted")
    session.replaceMissingChild(context)
  }
}

/// The peer deletes SAs.
final class AnswerDelete: ExchangeTask {
  private var answer: [ESPSPI] = []
  private var deletesIKESA = false

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    for delete in message.payloads.deletes {
      switch delete {
      case .ikeSA: deletesIKESA = true
      case .childSAs(let spis): for spi in spis { deleteChild(receivingAt: spi, in: session, context) }
      case .other: break
      }
    }
    if !answer.isEmpty { session.replaceMissingChild(context) }
  }

  private func deleteChild(receivingAt spi: ESPSPI, in session: IKESession, _ context: SessionContext) {
    guard let child = session.children.values.first(where: { $0.outboundSPI == spi }) else { return }
    // RFC 7296 section 1.4.1: where both ends delete the same pair, neither names it in its response.
    if child.state != .deleting { answer.append(child.inboundSPI) }
    session.removeChild(child.inboundSPI, reason: "deleted by the peer")
    session.reinstateReplaced(by: child, context)
  }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    guard deletesIKESA else { return answer.isEmpty ? [] : [.delete(.childSAs(answer))] }
    // RFC 7296 section 2.8.2: the peer has not noticed that both ends have rekeyed the IKE SA: its own rekey stands.
    if let crossing = session.crossing { session.handOver(to: crossing.successor, context) }
    // RFC 5723 section 4.3.4: what has been closed is not resumed.
    session.effects.append(.ticket(nil))
    // RFC 7296 section 1.4.1: the response to the deletion of the IKE SA is empty, and the last message.
    throw .fatal(
      notify: nil, session.isInCharge ? .closed(reason: "the peer has deleted the IKE SA") : .silent)
  }
}
