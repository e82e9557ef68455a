import Foundation

/// The controller's directory: the database and the long-term keys, mode 0700, used by one controller at a time.
public final class StateDirectory: Sendable {
  /// Why a directory cannot be used.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    init(_ description: String) { self.description = description }

    static func system(_ operation: String, _ path: String) -> Failure {
      Failure("\(operation) \(path): \(String(cString: strerror(errno)))")
    }
  }

  /// The directory.
  let path: String
  private let lock: CInt

  /// Makes the directory if need be, closes it to everyone else, and locks it. Throws `Failure`, also where another
  /// controller runs on it. The lock goes with the process, however that ends.
  public init(path: String) throws(Failure) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure("create \(path): \(error.localizedDescription)")
    }
    guard chmod(path, 0o700) == 0 else { throw .system("chmod", path) }
    let lockPath = path + "/lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system("open", lockPath) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let inUse = errno == EWOULDBLOCK
      defer { close(descriptor) }
      throw inUse ? Failure("another controller runs on \(path)") : .system("lock", lockPath)
    }
    self.path = path
    lock = descriptor
  }

  deinit { close(lock) }

  /// Where the controller keeps its CURVE keys.
  public var keyFile: String { path + "/controller.key" }

  /// Where the certification authority keeps its key, PKCS #8 in DER.
  public var authorityKeyFile: String { path + "/authority.key" }

  /// Where the certification authority keeps its own certificate, in PEM, for whoever is to trust it.
  public var authorityCertificateFile: String { path + "/authority.pem" }

  /// The database's path, made with mode 0600 before SQLite opens it: its journal files inherit the mode.
  func databaseFile() throws(Failure) -> String {
    let file = path + "/controller.sqlite"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system("open", file) }
    defer { close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else { throw .system("chmod", file) }
    return file
  }
}
