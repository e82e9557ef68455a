import WireFormat

/// Our own requests, one at a time (RFC 7296 section 2.3: a window of one).
struct RequestWindow {
  /// A request that waits for its response.
  struct Outstanding {
    let messageID: UInt32
    let exchange: Exchange
    var message: OutgoingMessage
    /// When it is sent again, or given up.
    var deadline: Instant
  }

  var outstanding: Outstanding?
  /// The Message ID of the next request; nil when all are used up (RFC 7296 section 2.2).
  private(set) var nextMessageID: UInt32? = 0

  /// Notes a request that is sent for the first time.
  mutating func open(_ exchange: Exchange, messageID: UInt32, _ message: OutgoingMessage, at now: Instant) {
    outstanding = Outstanding(
      messageID: messageID, exchange: exchange, message: message,
      deadline: now.advanced(by: RetransmissionPolicy.wait(afterTransmission: 1) ?? .zero))
    nextMessageID = messageID == .max ? nil : messageID + 1
  }

  /// The outstanding request, if `header` is that of its response.
  func match(_ header: IKEHeader) -> Outstanding? {
    guard let outstanding, header.messageID == outstanding.messageID,
      header.exchangeType == outstanding.exchange.type
    else { return nil }
    return outstanding
  }

  /// The response has come, or does not matter any more.
  mutating func close() { outstanding = nil }

  /// The outstanding request goes another way: its waiting begins anew.
  mutating func restart(at now: Instant) {
    outstanding?.message.transmissions = 1
    outstanding?.deadline = now.advanced(by: RetransmissionPolicy.wait(afterTransmission: 1) ?? .zero)
  }

  /// What a passed deadline asks for.
  enum Verdict: Equatable {
    case nothing
    case sendAgain
    case giveUp
  }

  /// Says whether the outstanding request is to be sent again at `now`.
  mutating func timeout(at now: Instant) -> Verdict {
    guard var request = outstanding, request.deadline <= now else { return .nothing }
    request.message.transmissions += 1
    guard let wait = RetransmissionPolicy.wait(afterTransmission: request.message.transmissions) else {
      return .giveUp
    }
    request.deadline = now.advanced(by: wait)
    outstanding = request
    return .sendAgain
  }
}
