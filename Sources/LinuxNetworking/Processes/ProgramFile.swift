import Glibc

/// Which executable file a process runs. A file that an upgrade has put in its place is another one.
public struct ProgramFile: Codable, Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// The one that this process runs; nil without /proc. A process can ask for itself: the kernel shows another user's
  /// to tracers only.
  public static let current: ProgramFile? = {
    var file = stat()
    guard stat("/proc/self/exe", &file) == 0 else { return nil }
    return ProgramFile(device: UInt64(file.st_dev), inode: UInt64(file.st_ino))
  }()
}
