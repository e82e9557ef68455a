import CZeroMQ

/// A ZeroMQ call that failed: what was tried and what the library said.
public struct ZeroMQError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried: `bind tcp://127.0.0.1:5570`.
  public let operation: String
  /// The `errno` of the call.
  public let code: CInt

  /// Captures the error of the call that has just failed on this thread.
  init(_ operation: String) {
    self.operation = operation
    self.code = zmq_errno()
  }

  /// `bind tcp://127.0.0.1:5570: Address already in use`.
  public var description: String {
    "\(operation): \(zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)")"
  }
}
