/// The peer's requests, one at a time, each answered once and its answer kept (RFC 7296 sections 2.1 to 2.3).
struct ResponseWindow {
  /// The Message ID of the next request.
  private(set) var expectedMessageID: UInt32 = 0
  /// The answer to the last request.
  var response: OutgoingMessage?
  /// The last request's datagram; nil where it came in fragments.
  private var request: [UInt8]?

  /// What to do with a request.
  enum Verdict: Equatable {
    /// It is the next one.
    case process
    /// It is the last one again: RFC 7296 section 2.1: the same response is sent, and nothing else happens.
    case repeatResponse
    /// It bears the last one's id, but may be cut otherwise (RFC 7383 section 2.6.1).
    case repeatResponseIfAuthentic
    /// Outside the window, or another message under a used id: dropped.
    case drop
  }

  /// Judges a request by its Message ID and its bytes.
  func judge(_ message: ReceivedMessage) -> Verdict {
    let messageID = message.header.messageID
    if messageID == expectedMessageID { return .process }
    guard response != nil, messageID &+ 1 == expectedMessageID else { return .drop }
    if message.isFragment { return .repeatResponseIfAuthentic }
    return message.bytes == request ? .repeatResponse : .drop
  }

  /// The very first request has come in another form, whose answer is the same.
  mutating func takeRetry(_ message: ReceivedMessage) {
    if expectedMessageID == 1 { request = message.bytes }
  }

  /// Notes the answer to the request that was processed.
  mutating func answered(_ message: ReceivedMessage, with response: OutgoingMessage) {
    request = message.isFragment ? nil : message.bytes
    self.response = response
    expectedMessageID &+= 1
  }
}
