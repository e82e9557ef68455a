import Glibc
import LinuxNetworking

/// Keeps two agents from sharing one state directory.
enum StateLock {
  /// Takes the lock; it is held until the descriptor closes, at the latest when the process ends.
  static func take(_ directory: String) throws -> FileDescriptor {
    let path = directory + "/lock"
    let file = try FileDescriptor(path: path, flags: O_RDWR | O_CREAT)
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw StateInUse(directory: directory) }
    return file
  }
}

/// Another agent runs on the same state directory.
struct StateInUse: Error, CustomStringConvertible {
  let directory: String

  var description: String { "another agent is running with the state directory \(directory)" }
}
