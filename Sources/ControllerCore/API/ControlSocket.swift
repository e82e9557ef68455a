import Foundation

/// The unix socket that the API listens on: mode 0600, in a directory for its owner alone.
struct ControlSocket {
  /// Why the socket cannot be used.
  struct Failure: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  let path: String

  /// Makes the directory if need be, and makes sure that nobody listens already. A stale file is replaced on bind.
  func prepare() throws(Failure) {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !FileManager.default.fileExists(atPath: directory) {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw Failure(description: "create \(directory): \(error.localizedDescription)")
      }
    }
    if try isAnswered() { throw Failure(description: "another controller listens on \(path)") }
  }

  /// Closes the socket to everyone but its owner.
  func restrict() throws(Failure) {
    guard chmod(path, 0o600) == 0 else {
      throw Failure(description: "chmod \(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Whether a living process accepts connections there.
  private func isAnswered() throws(Failure) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isLong = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
      guard path.utf8.count < buffer.count else { return true }
      buffer.copyBytes(from: path.utf8)
      return false
    }
    if isLong { throw Failure(description: "\(path) is too long for the path of a unix socket") }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(description: "socket: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
