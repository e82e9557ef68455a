import FoundationEssentials
import LinuxNetworking
import Logging

/// One end of a conversation between two processes of the agent: typed messages over a `MessageChannel`.
///
/// A message that the kernel does not take at once waits here, in order. One that cannot be decoded is counted, logged
/// and dropped: the other process may be broken, this one goes on.
public final class RoleChannel<Outgoing: Encodable, Incoming: Decodable> {
  private let channel: MessageChannel
  private let loop: EventLoop
  private let logger: Logger
  private let encoder = JSONEncoder()
  private let decoder = JSONDecoder()
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
      waiting.append(try Packet([UInt8](try encoder.encode(message)), descriptors).fittingChannel())
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
      while let next = waiting.first, try channel.send(next.bytes, descriptors: next.descriptors) {
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

  private func receive() {
    do {
      while isOpen {
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

  private func deliver(_ packet: Packet) {
    guard let packet = try? packet.unfolded(),
      let message = try? decoder.decode(Incoming.self, from: Data(packet.bytes))
    else {
      malformedCount &+= 1
      logger.error(
        "a message of another role was malformed and is dropped", metadata: .fields([.count: malformedCount]))
      return
    }
    onMessage(message, packet.descriptors)
  }

  private func endOfConversation(cause: String) {
    guard isOpen else { return }
    close()
    logger.debug("conversation over", metadata: .fields([.cause: cause]))
    onClose()
  }
}
