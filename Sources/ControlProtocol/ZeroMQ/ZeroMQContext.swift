import CZeroMQ

/// A ZeroMQ context: the I/O thread behind a set of sockets, and the name space of their `inproc://` endpoints.
///
/// libzmq's contexts are thread-safe, its sockets are not. Sockets keep their context alive; it ends with the last one.
final class ZeroMQContext: @unchecked Sendable {
  /// The library's handle, never nil.
  let handle: UnsafeMutableRawPointer

  /// Starts a context.
  init() throws(ZeroMQError) {
    guard let handle = zmq_ctx_new() else { throw ZeroMQError("create a context") }
    self.handle = handle
  }

  deinit { zmq_ctx_term(handle) }
}
