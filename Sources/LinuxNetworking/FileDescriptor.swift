import CLinux
import Glibc

/// The owner of a file descriptor, which is closed when the last reference goes.
public final class FileDescriptor: Sendable {
  /// The kernel's number; valid only as long as the owner lives, which ends after its last use: a function that takes
  /// the number from an owner of its own must hold on to that owner until the number has been used.
  public let rawValue: Int32

  /// Takes ownership of a descriptor that nobody else closes.
  public init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { close(rawValue) }

  /// Opens a file with close-on-exec; `flags` as for open(2), `mode` for a file that is created.
  public convenience init(path: String, flags: Int32 = O_RDONLY, mode: mode_t = 0o600) throws(LinuxError) {
    self.init(owning: try checkErrno("open \(path)", open(path, flags | O_CLOEXEC, mode)))
  }

  /// A second descriptor for the same open file.
  public func duplicate() throws(LinuxError) -> FileDescriptor {
    FileDescriptor(owning: try checkErrno("duplicate a file descriptor", fcntl(rawValue, F_DUPFD_CLOEXEC, 3)))
  }

  /// The two ends of a pipe, with close-on-exec.
  public static func pipe() throws(LinuxError) -> (reading: FileDescriptor, writing: FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    _ = try check("pipe", clinux_pipe(&ends))
    return (FileDescriptor(owning: ends[0]), FileDescriptor(owning: ends[1]))
  }

  /// A file in memory that holds `bytes`, positioned at its start: a standard input that cannot block its writer.
  public static func memory(_ bytes: [UInt8]) throws(LinuxError) -> FileDescriptor {
    let file = FileDescriptor(owning: try check("memfd_create", clinux_memory_file("fabric")))
    try file.write(bytes)
    try checkErrno("lseek", lseek(file.rawValue, 0, SEEK_SET))
    return file
  }

  /// Makes reads and writes return `EAGAIN` rather than wait.
  public func setNonBlocking() throws(LinuxError) {
    let flags = try checkErrno("fcntl F_GETFL", fcntl(rawValue, F_GETFL))
    try checkErrno("fcntl F_SETFL", fcntl(rawValue, F_SETFL, flags | O_NONBLOCK))
  }

  /// Writes all of `bytes`.
  public func write(_ bytes: [UInt8]) throws(LinuxError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(rawValue, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      written += try checkErrno("write", count)
    }
  }

  /// Reads up to `capacity` bytes; empty at the end of the file.
  public func read(upTo capacity: Int) throws(LinuxError) -> [UInt8] {
    var failure: LinuxError?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, capacity)) { buffer, count in
      var result: Int
      repeat { result = Glibc.read(rawValue, buffer.baseAddress, buffer.count) } while result < 0 && errno == EINTR
      if result < 0 { failure = LinuxError("read") }
      count = max(0, result)
    }
    if let failure { throw failure }
    return bytes
  }
}
