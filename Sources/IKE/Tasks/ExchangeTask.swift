import WireFormat

/// One concern of an exchange, such as NAT detection or authentication.
///
/// An exchange is a list of tasks. As its initiator, each task first builds its part of the request and later processes
/// its part of the response; as its responder, each processes its part of the request and then builds its part of the
/// response. What belongs together in between, such as a private key, lives in the task.
protocol ExchangeTask: AnyObject {
  /// As initiator: whether what has happened since the exchange was queued has made it pointless.
  func isMoot(in session: IKESession) -> Bool
  /// As initiator: the Child SA of ours that the request names; it is held back until the peer is sure to know that one.
  var subject: ESPSPI? { get }
  /// Whether the task creates, replaces or deletes a Child SA at our request.
  var changesChild: Bool { get }
  /// As responder: what the request that the task goes on with is known by (RFC 9370 section 2.2.4).
  var awaitedLink: [UInt8]? { get }
  /// The task's payloads of our message.
  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload]
  /// Reads the task's payloads of the peer's message.
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError)
}

extension ExchangeTask {
  func isMoot(in session: IKESession) -> Bool { false }

  var subject: ESPSPI? { nil }

  var changesChild: Bool { false }

  var awaitedLink: [UInt8]? { nil }
}

/// An exchange that we initiate.
struct Exchange {
  let type: ExchangeType
  let tasks: [any ExchangeTask]
}

/// Why a task cannot go on.
enum ExchangeError: Error {
  /// As initiator: the peer wants the request again in another form, with a cookie or another key exchange.
  case sendAgain
  /// As initiator of CREATE_CHILD_SA: the task goes on in IKE_FOLLOWUP_KE (RFC 9370 section 2.2.4).
  case goOn
  /// As initiator of IKE_SA_INIT, where nothing is authenticated: the message may be forged and is dropped.
  case ignored(reason: String)
  /// As responder: the request is answered with this notify, and all else stays as it is.
  case refused(NotifyPayload)
  /// The IKE SA cannot go on. As responder, the peer is told `notify`.
  case fatal(notify: NotifyPayload?, SessionEnd)
}
