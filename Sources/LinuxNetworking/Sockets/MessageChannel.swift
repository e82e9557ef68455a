import CLinux
import Glibc
import WireFormat

/// A pair of processes that talk in whole messages, each with descriptors attached when wanted (SCM_RIGHTS).
///
/// A SOCK_SEQPACKET unix socket: messages arrive whole, in order, or not at all, and the end of the other process shows.
public final class MessageChannel {
  /// The descriptor under which a role finds its channel to the supervisor.
  public static let inheritedDescriptor: Int32 = 3
  /// The largest message in bytes.
  public static let maximumMessageSize = 1 << 20

  /// What a read brought.
  public enum Received {
    /// One message and the descriptors that came with it.
    case message([UInt8], [FileDescriptor])
    /// Nothing is there now.
    case nothingYet
    /// The other end is gone, or broke the framing; no more will come.
    case closed
  }

  /// The socket, for an `EventLoop` to watch or a child process to inherit.
  public let descriptor: FileDescriptor
  private var receiveBuffer = [UInt8](repeating: 0, count: maximumMessageSize)

  /// Takes over a connected SOCK_SEQPACKET socket.
  public init(adopting descriptor: FileDescriptor) { self.descriptor = descriptor }

  /// The channel that the supervisor has put on descriptor 3.
  public static func inherited() throws(LinuxError) -> MessageChannel {
    let flags = try checkErrno("adopt descriptor 3", fcntl(inheritedDescriptor, F_GETFD))
    try checkErrno("adopt descriptor 3", fcntl(inheritedDescriptor, F_SETFD, flags | FD_CLOEXEC))
    return MessageChannel(adopting: FileDescriptor(owning: inheritedDescriptor))
  }

  /// Two connected ends, with room for the largest message each way.
  public static func pair() throws(LinuxError) -> (MessageChannel, MessageChannel) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    try checkErrno("socketpair", socketpair(AF_UNIX, type, 0, &ends))
    let descriptors = ends.map { FileDescriptor(owning: $0) }
    for descriptor in descriptors { descriptor.setBufferSizes(Int32(4 * maximumMessageSize)) }
    return (MessageChannel(adopting: descriptors[0]), MessageChannel(adopting: descriptors[1]))
  }

  /// Whether the process at the other end is gone; what it sent before may still be there.
  public var isAbandoned: Bool {
    var poll = pollfd(fd: descriptor.rawValue, events: 0, revents: 0)
    return Glibc.poll(&poll, 1, 0) > 0 && poll.revents & Int16(POLLHUP) != 0
  }

  /// Sends one message; false when the other end reads too slowly and the kernel's buffer is full.
  ///
  /// Throws `EPIPE` or `ECONNRESET` when the other end is gone and `EMSGSIZE` for an empty or too large message.
  public func send(_ bytes: [UInt8], descriptors: [FileDescriptor] = []) throws(LinuxError) -> Bool {
    // An empty message would read as the end of the conversation.
    guard (1...MessageChannel.maximumMessageSize).contains(bytes.count) else {
      throw LinuxError("send a message of \(bytes.count) bytes", code: EMSGSIZE)
    }
    let numbers = descriptors.map(\.rawValue)
    let result = clinux_send_with_descriptors(
      descriptor.rawValue, bytes, bytes.count, numbers, UInt32(numbers.count))
    withExtendedLifetime(descriptors) {}
    if result == -EAGAIN { return false }
    _ = try check("send a message", result)
    return true
  }

  /// Takes the next message, if one is there; never waits.
  public func receive() throws(LinuxError) -> Received {
    var numbers = [Int32](repeating: -1, count: CLINUX_DESCRIPTORS_PER_MESSAGE)
    var count: UInt32 = 0
    var isTruncated = false
    let result = clinux_receive_with_descriptors(
      descriptor.rawValue, &receiveBuffer, receiveBuffer.count, &numbers, &count, &isTruncated)
    let descriptors = numbers.prefix(Int(count)).map { FileDescriptor(owning: $0) }
    switch result {
    case -EAGAIN, -EINTR: return .nothingYet
    case 0, -ECONNRESET: return .closed
    default:
      let length = Int(try check("receive a message", result))
      let bytes = Array(receiveBuffer[..<length])
      // The buffer lives as long as the process, and messages may hold keys.
      explicit_bzero(&receiveBuffer, length)
      return isTruncated ? .closed : .message(bytes, descriptors)
    }
  }

  /// Waits for the next message, for programs that have nothing else to do; `.nothingYet` when `timeout` passes.
  public func waitForMessage(timeout: Duration) throws(LinuxError) -> Received {
    let deadline = SystemClock.now.advanced(by: timeout)
    while true {
      let received = try receive()
      guard case .nothingYet = received else { return received }
      let left = SystemClock.now.duration(to: deadline)
      if left <= .zero { return .nothingYet }
      var poll = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
      _ = Glibc.poll(&poll, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1))
    }
  }
}
