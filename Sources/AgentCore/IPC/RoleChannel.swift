import LinuxNetworking
import Logging
import WireFormat

/// One end of a conversation between two processes of the agent: typed messages in CBOR over a `MessageChannel`.
///
/// A message that the kernel does not take at once waits here, in order. One that cannot be decoded is counted, logged
/// and dropped: the other process may be broken, this one goes on.
public final class RoleChannel<Outgoing: Encodable, Incoming: Decodable> {
  private let channel: MessageChannel
  private let loop: EventLoop
  private let logger: Logger
  private let encoder = CBOREncoder()
  private let decoder = CBORDecoder()
  private var waiting: [Packet] = []
  private var isWaitingForRoom = false
  private var isOpen = true

  /// Called with each message and the descriptors that came with it.
  public var onMessage: (Incoming, [FileDescriptor]) -> Void = { _, _ in }
  /// Called once, when the other process is gone.
  public var onClose: () -> Void = {}
  /// Messages that could not be decoded.
  public private(set) var malformedCount: UInt64 = 0

  /// Messages that wait because the other process is slow to read.
  public var backlog: Int { waiting.count }

  /// Takes over a channel and reads from it whenever `loop` sees a message.
  public init(_ channel: MessageChannel, loop: EventLoop, logger: Logger) throws {
    self.channel = channel
    self.loop = loop
    self.logger = logger
    try loop.watch(channel.descriptor) { [unowned self] in receive() }
  }

  deinit { loop.unwatch(channel.descriptor) }

  /// Sends a message, now or as soon as there is room; does nothing when the other process is gone.
  public func send(_ message: Outgoing, descriptors: [FileDescriptor] = []) {
    guard isOpen else { return }
    do {
      var packet = Packet(try encoder.encode(message), descriptors)
      try packet.fold()
      waiting.append(packet)
    } catch {
      // An encoding error quotes values, and those may be keys.
      logger.error("a message could not be encoded", metadata: .fields([.cause: "\(Outgoing.self)"]))
    }
    flush()
  }

  /// Stops reading and forgets what waits; `onClose` is not called.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    waiting = []
    loop.unwatch(channel.descriptor)
  }

  private func flush() {
    do {
      while !waiting.isEmpty, try channel.send(waiting[0].bytes, descriptors: waiting[0].descriptors) {
        waiting[0].wipe()
        waiting.removeFirst()
      }
      try waitForRoom(!waiting.isEmpty)
    } catch {
      endOfConversation(cause: "\(error)")
    }
  }

  private func waitForRoom(_ isNeeded: Bool) throws {
    guard isNeeded != isWaitingForRoom else { return }
    isWaitingForRoom = isNeeded
    try loop.watch(channel.descriptor, for: isNeeded ? [.readable, .writable] : .readable) { [unowned self] in
      if isWaitingForRoom { flush() }
      if isOpen { receive() }
    }
  }

  /// So many messages are taken at most before the loop's other descriptors have their turn.
  private static var messagesPerTurn: Int { 64 }

  private func receive() {
    do {
      for _ in 0..<RoleChannel.messagesPerTurn {
        guard isOpen else { return }
        switch try channel.receive() {
        case .message(let bytes, let descriptors): deliver(Packet(bytes, descriptors))
        case .nothingYet: return
        case .closed: return endOfConversation(cause: "closed by the other process")
        }
      }
    } catch {
      endOfConversation(cause: "\(error)")
    }
  }

  private func deliver(_ received: consuming Packet) {
    var packet = received
    do {
      try packet.unfold()
      let message = try decoder.decode(Incoming.self, from: packet.bytes)
      packet.wipe()
      onMessage(message, packet.descriptors)
    } catch {
      malformedCount &+= 1
      logger.error(
        "a message of another role was malformed and is dropped", metadata: .fields([.count: malformedCount]))
    }
  }

  private func endOfConversation(cause: String) {
    guard isOpen else { return }
    close()
    logger.debug("conversation over", metadata: .fields([.cause: cause]))
    onClose()
  }
}
