import WireFormat

/// An answer to IKE_SA_INIT that says no. Nobody has authenticated it: who sees our request can forge one, and be faster than
/// the peer. So RFC 7296 section 2.21.1 has us wait whether another one comes.
struct UnauthenticatedRefusal {
  /// Longer than an answer takes from anywhere, and shorter than our own wait before we ask again.
  static let patience: Duration = .milliseconds(300)
  /// More answers than this to one request are not looked at: whoever floods us is not to keep us busy.
  static let mostAnswers = 32

  /// Why the session ends if no other answer comes.
  let end: SessionEnd
  let due: Instant
}

extension IKESession {
  /// Notes an answer that says no: the first one counts.
  func noteRefusal(_ end: SessionEnd, _ context: SessionContext) {
    guard unauthenticatedRefusal == nil else { return }
    unauthenticatedRefusal = UnauthenticatedRefusal(
      end: end, due: context.now.advanced(by: UnauthenticatedRefusal.patience))
  }

  /// Whether one more answer to our first request is looked at.
  func takesAnswer() -> Bool {
    guard phase == .initial else { return true }
    answers += 1
    return answers <= UnauthenticatedRefusal.mostAnswers
  }

  /// Gives up where no better answer has come.
  func acceptRefusal(_ context: SessionContext) {
    guard phase == .initial, let refusal = unauthenticatedRefusal, refusal.due <= context.now else { return }
    end(refusal.end, context)
  }
}
