import Foundation

/// A file that holds a secret: mode 0600, replaced atomically, never read where others could read or have written it.
public enum PrivateFile {
  /// Why a private file cannot be used.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it, and what to do.
    public let reason: String

    init(_ path: String, _ reason: String) {
      self.path = path
      self.reason = reason
    }

    static func system(_ path: String, _ operation: String) -> Failure {
      Failure(path, "\(operation): \(String(cString: strerror(errno)))")
    }

    /// `FILE: REASON`.
    public var description: String { "\(path): \(reason)" }
  }

  /// Reads a whole file of at most `limit` bytes. Throws `Failure` if it is missing, no regular file, accessible for
  /// its group or others, of another owner, or larger.
  public static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .system(path, "open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(path, "stat") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(path, "is no regular file") }
    guard status.st_uid == geteuid() else { throw Failure(path, "belongs to another user") }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(path, "is accessible for its group or others: chmod 600 it, and generate a new key")
    }
    guard status.st_size <= limit else { throw Failure(path, "is larger than \(limit) bytes") }
    do {
      return try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).read(upToCount: limit) ?? Data()
    } catch {
      throw Failure(path, "read: \(error.localizedDescription)")
    }
  }

  /// Writes `data` so that after a crash there is either the old file or the whole new one.
  public static func write(_ data: Data, to path: String) throws(Failure) {
    let temporary = path + ".new"
    guard unlink(temporary) == 0 || errno == ENOENT else { throw .system(temporary, "remove") }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(temporary, "create") }
    defer { close(descriptor) }
    do {
      try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: data)
    } catch {
      throw Failure(temporary, "write: \(error.localizedDescription)")
    }
    guard fsync(descriptor) == 0 else { throw .system(temporary, "flush") }
    guard rename(temporary, path) == 0 else { throw .system(path, "rename") }
    try flushDirectory(of: path)
  }

  /// Makes the rename itself last over a loss of power.
  private static func flushDirectory(of path: String) throws(Failure) {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(directory, "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(directory, "flush") }
  }
}
