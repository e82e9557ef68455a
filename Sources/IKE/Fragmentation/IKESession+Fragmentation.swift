import FabricCrypto
import WireFormat

/// How the session's messages become datagrams, and the peer's datagrams messages (RFC 7383).
extension IKESession {
  /// The message's datagrams: in clear in IKE_SA_INIT, sealed ever after, in fragments if the path asks for it.
  func outgoing(_ message: IKEMessage) throws(ExchangeError) -> OutgoingMessage {
    guard message.header.exchangeType != .initial, let sa else { return OutgoingMessage(plain: message.encoded()) }
    let contents = ProtectedContents(message.payloads)
    noteIntermediate(message.header, contents)
    do {
      return try OutgoingMessage(message.header, contents, sa.protection, limit: datagramLimit(transmission: 1))
    } catch {
      throw .fatal(notify: nil, .closed(reason: "a message could not be sealed: \(error)"))
    }
  }

  /// Sends a message along the session's path.
  func send(_ message: OutgoingMessage) { send(message, along: path) }

  /// Sends a message along another path.
  func send(_ message: OutgoingMessage, along path: NetworkPath) {
    for datagram in message.datagrams { effects.append(.action(.send(path.datagram(datagram)))) }
  }

  /// Sends the outstanding request once more.
  func sendRequestAgain() {
    guard var message = requests.outstanding?.message else { return }
    fitToPath(&message)
    requests.outstanding?.message = message
    send(message)
  }

  /// Sends the last response once more, to where it has been asked for.
  func repeatResponse(along newPath: NetworkPath) {
    guard var message = responses.response else { return }
    message.transmissions += 1
    fitToPath(&message)
    responses.response = message
    send(message, along: newPath)
  }

  private func fitToPath(_ message: inout OutgoingMessage) {
    if let limit = datagramLimit(transmission: message.transmissions) { try? message.cut(to: limit) }
  }

  private func datagramLimit(transmission: Int) -> Int? {
    fragmentation.isNegotiated ? fragmentation.sizes.limit(on: path, transmission: transmission) : nil
  }

  /// The payloads of a protected message; nil if it is not authentic, or a fragment beside which others are missing.
  func open(_ message: ReceivedMessage, _ context: SessionContext) throws(MessageError) -> IKEMessage? {
    guard let opened = try sa?.protection.openPart(message),
      let contents = opened.position == nil ? opened.contents : assemble(opened, message, context)
    else { return nil }
    noteIntermediate(message.header, contents)
    return IKEMessage(header: message.header, payloads: try contents.payloads())
  }

  /// Adds a fragment to those that are there; returns the message's contents if it was the last one.
  private func assemble(
    _ opened: MessageProtection.Opened, _ message: ReceivedMessage, _ context: SessionContext
  ) -> ProtectedContents? {
    // RFC 7383 section 2.3: fragments come only where both ends have agreed on them.
    guard fragmentation.isNegotiated, let position = opened.position else { return nil }
    let reassembly: WritableKeyPath<FragmentationState, Reassembly> =
      message.header.isResponse ? \.response : \.request
    let whole = fragmentation[keyPath: reassembly].add(opened.contents, at: position, from: message, at: context.now)
    if let whole { fragmentation.sizes.peerCuts(to: whole.longestDatagram, on: path) }
    return whole?.contents
  }

  /// Answers a request once more whose first fragment has come again. RFC 7383 section 2.6.1: only the first one is
  /// answered.
  func repeatResponse(toFirstFragment message: ReceivedMessage, along newPath: NetworkPath) {
    guard responses.response?.isAnswer(toFirstFragment: message) == true else { return }
    repeatResponse(along: newPath)
  }
}
