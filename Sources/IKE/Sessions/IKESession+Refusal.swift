import WireFormat

/// The answer to a proof of identity that does not hold.
///
/// It goes out at a set time after the proof came in. However long the checks took, and whichever of them failed, an
/// impostor learns nothing of it.
struct Refusal {
  /// Longer than any check takes.
  static let delay: Duration = .milliseconds(50)

  let message: OutgoingMessage
  let due: Instant
}

extension IKESession {
  /// Sends AUTHENTICATION_FAILED when it is time; a retransmitted request gets no answer before or after.
  func refuse(with message: OutgoingMessage, _ context: SessionContext) {
    refusal = Refusal(message: message, due: context.now.advanced(by: Refusal.delay))
  }

  /// Sends the refusal if it is due.
  func sendRefusal(_ context: SessionContext) {
    guard let refusal, refusal.due <= context.now else { return }
    self.refusal = nil
    send(refusal.message)
  }
}
