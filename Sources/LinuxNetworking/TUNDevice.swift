import CLinux
import Glibc

/// A layer 3 interface whose packets we read and write: the tunnel interface of one IPsec tunnel.
///
/// Non-blocking. The interface lives as long as a descriptor of it is open in any process.
public final class TUNDevice: Sendable {
  /// The device's descriptor, for an `EventLoop` to watch or a `MessageChannel` to pass on.
  public let descriptor: FileDescriptor
  /// The interface's name.
  public let name: String

  /// Creates the interface `name` (1 to 15 bytes), down and without addresses. Needs CAP_NET_ADMIN.
  public convenience init(creating name: String) throws(LinuxError) {
    guard (1..<Int(IFNAMSIZ)).contains(name.utf8.count) else {
      throw LinuxError("create interface '\(name)'", code: ENAMETOOLONG)
    }
    let flags = Int16(IFF_TUN | IFF_NO_PI)
    let number = try check("create tunnel interface \(name)", clinux_tun_open(name, flags))
    self.init(adopting: FileDescriptor(owning: number), name: name)
  }

  /// Takes over a device that another process created.
  public init(adopting descriptor: FileDescriptor, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// Reads one whole IP packet into `buffer` and returns its length; nil when none is waiting.
  ///
  /// A packet larger than the buffer is cut, so the buffer must hold the interface's MTU. The errors are those of a
  /// device that is going away.
  public func readPacket(into buffer: UnsafeMutableRawBufferPointer) throws(LinuxError) -> Int? {
    let count = read(descriptor.rawValue, buffer.baseAddress, buffer.count)
    if count >= 0 { return count }
    let code = errno
    if code == EAGAIN || code == EINTR { return nil }
    throw LinuxError("read from \(name)", code: code)
  }

  /// Hands one whole IP packet to the system; false when it does not take it (interface down, no memory, not IP).
  public func writePacket(_ packet: UnsafeRawBufferPointer) -> Bool {
    write(descriptor.rawValue, packet.baseAddress, packet.count) == packet.count
  }
}
