import Glibc

/// A system call that failed: which one, and the kernel's reason.
public struct LinuxError: Error, Hashable, Sendable {
  /// What was attempted, such as `bind 192.0.2.1:4500`.
  public let call: String
  /// The kernel's error number, such as `EADDRINUSE`.
  public let code: Int32

  /// A failed call; without a code, the thread's `errno`.
  public init(_ call: String, code: Int32 = errno) {
    self.call = call
    self.code = code
  }
}

extension LinuxError: CustomStringConvertible {
  /// The call and the kernel's reason in words: `bind 192.0.2.1:4500: Address already in use`.
  public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Checks the result of a shim of CLinux, which is a negated errno on failure.
func check(_ call: @autoclosure () -> String, _ result: Int32) throws(LinuxError) -> Int32 {
  if result < 0 { throw LinuxError(call(), code: -result) }
  return result
}

/// Checks the result of a C library call, which is negative on failure with the reason in `errno`.
@discardableResult
func checkErrno<Result: SignedInteger>(
  _ call: @autoclosure () -> String, _ result: Result
) throws(LinuxError) -> Result {
  let code = errno
  if result < 0 { throw LinuxError(call(), code: code) }
  return result
}
