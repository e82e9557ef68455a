import CZeroMQ

/// Tells when a socket's connection has come up, was refused or went away (`zmq_socket_monitor`).
final class ConnectionMonitor {
  /// What happened to the connection.
  enum Event: Equatable {
    /// The handshake is done: the peer has proved its key and accepted ours.
    case established
    /// The peer does not accept our key, or has another one than we expect.
    case refused
    /// The connection is gone; the library reconnects by itself.
    case lost
  }

  private static let watched =
    ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED

  private let events: ZeroMQSocket

  /// Watches the only connection of `socket`, before it connects.
  init(of socket: ZeroMQSocket, in context: ZeroMQContext) throws(ZeroMQError) {
    let endpoint = "inproc://connection"
    guard zmq_socket_monitor(socket.handle, endpoint, Self.watched) == 0 else {
      throw ZeroMQError("monitor a socket")
    }
    events = try ZeroMQSocket(.pair, in: context)
    try events.connect(endpoint)
  }

  /// Edge-triggered like `ZeroMQSocket.fileDescriptor`.
  var fileDescriptor: CInt { events.fileDescriptor }

  /// The next event, or nil when nothing has happened.
  func next() throws(ZeroMQError) -> Event? {
    while let message = try events.receive() {
      // The first frame holds the event in 16 bits and a value in 32, both in host byte order.
      guard let first = message.frames.first, first.count >= 2 else { continue }
      let number = first.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }
      switch CInt(number) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .established
      case ZMQ_EVENT_DISCONNECTED: return .lost
      default: return .refused
      }
    }
    return nil
  }
}
