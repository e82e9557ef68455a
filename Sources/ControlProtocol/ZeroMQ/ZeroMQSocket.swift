import CZeroMQ
import Foundation

/// A ZeroMQ socket: thin, typed, non-blocking. It belongs to one thread at a time.
final class ZeroMQSocket {
  /// The patterns that Fabric uses.
  enum Kind {
    /// The agent's end: one peer, messages both ways.
    case dealer
    /// The controller's end: a routing id names the peer of every message.
    case router
    /// Answers the library's authentication requests.
    case reply
    /// Reads the events of a socket's monitor.
    case pair

    fileprivate var rawValue: CInt {
      switch self {
      case .dealer: ZMQ_DEALER
      case .router: ZMQ_ROUTER
      case .reply: ZMQ_REP
      case .pair: ZMQ_PAIR
      }
    }
  }

  /// One message: its frames, and who sent it as far as authentication (ZAP) told.
  struct Message {
    /// The frames, at most `maximumFrames` of them.
    var frames: [[UInt8]]
    /// The user id that the ZAP handler gave the sender.
    var userID: String?
    /// Whether frames beyond the maximum were thrown away.
    var isTruncated: Bool
  }

  /// More frames than any message of ours or of ZAP has; a peer that sends more gets them thrown away.
  static let maximumFrames = 16

  /// The library's handle, never nil.
  let handle: UnsafeMutableRawPointer
  private let context: ZeroMQContext

  /// Opens a socket that neither lingers on close nor queues without bound.
  init(_ kind: Kind, in context: ZeroMQContext) throws(ZeroMQError) {
    guard let handle = zmq_socket(context.handle, kind.rawValue) else { throw ZeroMQError("open a socket") }
    self.handle = handle
    self.context = context
    try set(ZMQ_LINGER, 0)
  }

  deinit { zmq_close(handle) }

  /// Sets an option whose value is a number.
  func set(_ option: CInt, _ value: CInt) throws(ZeroMQError) {
    var value = value
    guard zmq_setsockopt(handle, option, &value, MemoryLayout<CInt>.size) == 0 else {
      throw ZeroMQError("set socket option \(option)")
    }
  }

  /// Sets the size in bytes above which an incoming message costs its sender the connection.
  func setMaximumMessageBytes(_ bytes: Int) throws(ZeroMQError) {
    var value = Int64(bytes)
    guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &value, MemoryLayout<Int64>.size) == 0 else {
      throw ZeroMQError("limit the message size")
    }
  }

  /// Sets an option whose value is bytes.
  func set(_ option: CInt, _ value: [UInt8]) throws(ZeroMQError) {
    guard zmq_setsockopt(handle, option, value, value.count) == 0 else {
      throw ZeroMQError("set socket option \(option)")
    }
  }

  /// Sets an option whose value is bytes.
  func set(_ option: CInt, _ value: UnsafeRawBufferPointer) throws(ZeroMQError) {
    guard zmq_setsockopt(handle, option, value.baseAddress, value.count) == 0 else {
      throw ZeroMQError("set socket option \(option)")
    }
  }

  /// Listens on `endpoint`.
  func bind(_ endpoint: String) throws(ZeroMQError) {
    guard zmq_bind(handle, endpoint) == 0 else { throw ZeroMQError("bind \(endpoint)") }
  }

  /// Connects, and reconnects, to `endpoint` in the background.
  func connect(_ endpoint: String) throws(ZeroMQError) {
    guard zmq_connect(handle, endpoint) == 0 else { throw ZeroMQError("connect \(endpoint)") }
  }

  /// Gives up the connection to `endpoint`, if there is one.
  func disconnect(_ endpoint: String) { zmq_disconnect(handle, endpoint) }

  /// The endpoint that the socket is bound to, with the port that the system chose.
  var lastEndpoint: String {
    var text = [CChar](repeating: 0, count: 512)
    var count = text.count
    guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// A descriptor to wait on. It is edge-triggered: after it turned readable, and after every `send`, `receive()` must
  /// be called until it returns nil, else the next edge never comes.
  var fileDescriptor: CInt { numericOption(ZMQ_FD) ?? -1 }

  /// Lets the library work off what its I/O thread has handed over, such as a new connection.
  func processPendingCommands() { _ = numericOption(ZMQ_EVENTS) }

  private func numericOption(_ option: CInt) -> CInt? {
    var value: CInt = 0
    var size = MemoryLayout<CInt>.size
    return zmq_getsockopt(handle, option, &value, &size) == 0 ? value : nil
  }

  /// Sends a message whole; false if the peer is gone or its queue is full, with nothing sent.
  func send(_ frames: [[UInt8]]) throws(ZeroMQError) -> Bool {
    for (index, frame) in frames.enumerated() {
      let more = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      guard zmq_send(handle, frame, frame.count, ZMQ_DONTWAIT | more) >= 0 else {
        // The first frame decides: libzmq sends a message's further frames along with it.
        if [EAGAIN, EHOSTUNREACH].contains(zmq_errno()) { return false }
        throw ZeroMQError("send")
      }
    }
    return true
  }

  /// Takes the next message, or nil when none is waiting.
  func receive() throws(ZeroMQError) -> Message? {
    var message = Message(frames: [], userID: nil, isTruncated: false)
    repeat {
      guard let frame = try receiveFrame(userID: &message.userID) else { return nil }
      if message.frames.count < Self.maximumFrames {
        message.frames.append(frame)
      } else {
        message.isTruncated = true
      }
    } while numericOption(ZMQ_RCVMORE) == 1
    return message
  }

  private func receiveFrame(userID: inout String?) throws(ZeroMQError) -> [UInt8]? {
    var frame = zmq_msg_t()
    zmq_msg_init(&frame)
    defer { zmq_msg_close(&frame) }
    guard zmq_msg_recv(&frame, handle, ZMQ_DONTWAIT) >= 0 else {
      if [EAGAIN, EINTR].contains(zmq_errno()) { return nil }
      throw ZeroMQError("receive")
    }
    userID = zmq_msg_gets(&frame, "User-Id").map { String(cString: $0) } ?? userID
    return [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&frame), count: zmq_msg_size(&frame)))
  }

  /// Sleeps until one of the sockets, or the descriptor, has something to read; an interruption by a signal is no error.
  static func wait(
    for sockets: [ZeroMQSocket], or descriptor: CInt? = nil, milliseconds: Int = -1
  ) throws(ZeroMQError) {
    var items = sockets.map { zmq_pollitem_t(socket: $0.handle, fd: 0, events: CShort(ZMQ_POLLIN), revents: 0) }
    if let descriptor {
      items.append(zmq_pollitem_t(socket: nil, fd: descriptor, events: CShort(ZMQ_POLLIN), revents: 0))
    }
    if zmq_poll(&items, CInt(items.count), milliseconds) < 0, zmq_errno() != EINTR { throw ZeroMQError("poll") }
  }
}
