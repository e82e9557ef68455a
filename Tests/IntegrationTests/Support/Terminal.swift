import Glibc
import LinuxNetworking

/// A pseudo-terminal (pty(7)).
struct Terminal {
  /// The side that a program has as its terminal.
  let device: FileDescriptor
  private let keyboard: FileDescriptor

  // ioctl_tty(2): unlock the device, and get its number.
  private static let unlock: UInt = 0x4004_5431
  private static let number: UInt = 0x8004_5430

  init() throws {
    keyboard = try FileDescriptor(path: "/dev/ptmx", flags: O_RDWR | O_NOCTTY)
    var isLocked: Int32 = 0
    var number: Int32 = 0
    guard ioctl(keyboard.rawValue, Terminal.unlock, &isLocked) == 0,
      ioctl(keyboard.rawValue, Terminal.number, &number) == 0
    else { throw LinuxError("open a terminal") }
    device = try FileDescriptor(path: "/dev/pts/\(number)", flags: O_RDWR | O_NOCTTY)
  }

  /// Types a line, which waits until the program reads it.
  func type(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard write(keyboard.rawValue, bytes, bytes.count) == bytes.count else { throw LinuxError("type") }
  }
}
