import ControlProtocol
import Glibc
import LinuxNetworking
import Logging
import Topology

/// The supervisor's connection to its controller, driven by the event loop.
final class ControllerConnection {
  /// Called when the controller has accepted us: time for hello and the first status.
  var onConnect: () -> Void = {}
  /// Called with each message.
  var onMessage: (ControllerMessage) -> Void = { _ in }

  private let channel: ControllerChannel
  private let logger: Logger
  /// Our own duplicates of the channel's descriptors, for the loop to watch.
  private var descriptors: [FileDescriptor] = []

  /// Starts connecting.
  init(identity: AgentIdentity, loop: EventLoop, logger: Logger) throws {
    self.logger = logger
    channel = try ControllerChannel(identity: identity)
    for number in channel.fileDescriptors {
      let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else { throw LinuxError("duplicate a descriptor of the controller's channel") }
      let descriptor = FileDescriptor(owning: copy)
      descriptors.append(descriptor)
      try loop.watch(descriptor) { [unowned self] in receive() }
    }
  }

  /// Sends a message if there is a connection; the state is told anew after every loss, so nothing is kept.
  func send(_ message: AgentMessage) {
    do {
      try channel.send(message)
    } catch {
      logger.error("cannot tell the controller", metadata: .fields([.cause: error]))
    }
    // The descriptors are edge-triggered: what sending brought in must be taken now.
    receive()
  }

  private func receive() {
    do {
      while let event = try channel.receive() { handle(event) }
    } catch {
      logger.error("the controller's channel is broken", metadata: .fields([.cause: error]))
    }
  }

  private func handle(_ event: ControllerChannel.Event) {
    switch event {
    case .connected:
      logger.info("connected to the controller")
      onConnect()
    case .message(let message): onMessage(message)
    case .malformed(let reason):
      logger.error("a message of the controller is dropped", metadata: .fields([.cause: reason]))
    case .refused: logger.error("the controller does not accept our key: is this site enrolled there?")
    case .disconnected: logger.warning("the controller is away; the last configuration stays in force")
    }
  }
}
