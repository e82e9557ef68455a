import Glibc
import LinuxNetworking

/// Files that are either wholly there or wholly as before, also after a power cut.
enum DurableFile {
  /// Puts `bytes` at `path` with mode 0600: written beside it, forced to the disk, renamed, the directory forced too.
  static func write(_ bytes: [UInt8], to path: String) throws(LinuxError) {
    let temporary = path + ".new"
    unlink(temporary)
    let file = try FileDescriptor(path: temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try file.write(bytes)
    guard fsync(file.rawValue) == 0 else { throw LinuxError("fsync \(temporary)") }
    try move(temporary, to: path)
  }

  /// Renames a file and forces the directory to the disk.
  static func move(_ source: String, to target: String) throws(LinuxError) {
    guard rename(source, target) == 0 else { throw LinuxError("rename \(source)") }
    let directory = try FileDescriptor(path: parent(of: target), flags: O_RDONLY | O_DIRECTORY)
    guard fsync(directory.rawValue) == 0 else { throw LinuxError("fsync \(parent(of: target))") }
  }

  /// The whole file; nil if there is none. Throws `EFBIG` beyond `limit` bytes.
  static func read(_ path: String, limit: Int = 64 << 20) throws(LinuxError) -> [UInt8]? {
    guard access(path, F_OK) == 0 else { return nil }
    let file = try FileDescriptor(path: path)
    var bytes: [UInt8] = []
    while true {
      let chunk = try file.read(upTo: 1 << 16)
      if chunk.isEmpty { return bytes }
      bytes += chunk
      if bytes.count > limit { throw LinuxError("read \(path)", code: EFBIG) }
    }
  }

  /// Makes a directory with mode 0700, and those above it, where they are missing.
  static func makeDirectory(_ path: String) throws(LinuxError) {
    if access(path, F_OK) == 0 { return }
    let above = parent(of: path)
    if above != path { try makeDirectory(above) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw LinuxError("make directory \(path)") }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
