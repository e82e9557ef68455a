/// The peer's requests, one at a time, each answered once and its answer kept (RFC 7296 sections 2.1 to 2.3).
struct ResponseWindow {
  /// The Message ID of the next request.
  private(set) var expectedMessageID: UInt32 = 0
  private var last: (request: [UInt8], response: [UInt8])?

  /// What to do with a request.
  enum Verdict: Equatable {
    /// It is the next one.
    case process
    /// It is the last one again: RFC 7296 section 2.1: the same response is sent, and nothing else happens.
    case repeatResponse([UInt8])
    /// Outside the window, or another message under a used id: dropped.
    case drop
  }

  /// Judges a request by its Message ID and its bytes.
  func judge(messageID: UInt32, bytes: [UInt8]) -> Verdict {
    if messageID == expectedMessageID { return .process }
    guard let last, messageID &+ 1 == expectedMessageID, last.request == bytes else { return .drop }
    return .repeatResponse(last.response)
  }

  /// Notes the answer to the request that was processed.
  mutating func answered(_ request: [UInt8], with response: [UInt8]) {
    last = (request, response)
    expectedMessageID &+= 1
  }
}
