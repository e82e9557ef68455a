import LinuxNetworking
import Logging

/// A role's conversation with its supervisor, which may die: the role goes on by itself until the next one comes.
///
///     old supervisor ──── descriptor 3 ────┐ (ends with it)
///                                          ├─► role
///     new supervisor ── STATE/ROLE.sock ───┘ (descriptor 4, on which the role listens)
///
/// The socket lies in the state directory, which only root may enter.
public final class SupervisorChannel<Outgoing: Encodable, Incoming: Decodable> {
  /// Called with each message and the descriptors that came with it.
  public var onMessage: (Incoming, [FileDescriptor]) -> Void = { _, _ in }
  /// Called when another supervisor has come: it wants back what its predecessor has lent.
  public var onReturn: () -> Void = {}
  /// Called when the supervisor is gone and no other can come.
  public var onEnd: () -> Void = {}

  private let loop: EventLoop
  private let logger: Logger
  private let rendezvous: Rendezvous?
  private var channel: RoleChannel<Outgoing, Incoming>?

  /// A conversation over `channel`, and after its end with whoever comes to `rendezvous`.
  public init(_ channel: MessageChannel, rendezvous: Rendezvous?, loop: EventLoop, logger: Logger) throws {
    self.loop = loop
    self.logger = logger
    self.rendezvous = rendezvous
    try converse(over: channel)
    guard let rendezvous else { return }
    try loop.watch(rendezvous.descriptor) { [unowned self] in meet() }
  }

  /// The conversation of a process that a supervisor has started.
  ///
  /// A supervisor that died before this process could be found again has left it to nobody: then it must not start.
  public static func inherited(loop: EventLoop, logger: Logger) throws -> SupervisorChannel {
    let rendezvous = try Rendezvous.inherited()
    let channel = try MessageChannel.inherited()
    guard !channel.isAbandoned else { throw AbandonedRole() }
    return try SupervisorChannel(channel, rendezvous: rendezvous, loop: loop, logger: logger)
  }

  deinit { if let rendezvous { loop.unwatch(rendezvous.descriptor) } }

  /// Sends a message; it is lost while there is no supervisor: `onReturn` tells the next one everything.
  public func send(_ message: Outgoing, descriptors: [FileDescriptor] = []) {
    channel?.send(message, descriptors: descriptors)
  }

  private func converse(over new: MessageChannel) throws {
    channel?.close()
    let opened = try RoleChannel<Outgoing, Incoming>(new, loop: loop, logger: logger)
    opened.onMessage = { [unowned self] message, descriptors in onMessage(message, descriptors) }
    opened.onClose = { [unowned self] in
      guard rendezvous != nil else { return onEnd() }
      logger.warning("the supervisor is gone; everything goes on as it is until the next one comes")
    }
    channel = opened
  }

  private func meet() {
    do {
      while let visitor = try rendezvous?.accept() {
        try converse(over: visitor)
        logger.info("another supervisor has come")
        onReturn()
      }
    } catch {
      logger.error("cannot meet the supervisor", metadata: .fields([.cause: error]))
    }
  }
}

/// A role whose supervisor was gone before the role could start.
struct AbandonedRole: Error, CustomStringConvertible {
  var description: String { "the supervisor was gone before the role could start" }
}
