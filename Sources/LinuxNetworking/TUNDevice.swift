import CLinux
import Glibc
import WireFormat

/// A layer 3 interface whose packets we read and write: the tunnel interface of one IPsec tunnel.
///
/// Each packet has a `VirtualNetworkHeader` before it, by which one read or write moves up to 64 KiB of one TCP or
/// UDP flow.
/// Non-blocking. The interface lives as long as a descriptor of it is open in any process.
public final class TUNDevice: Sendable {
  /// The device's descriptor, for an `EventLoop` to watch or a `MessageChannel` to pass on.
  public let descriptor: FileDescriptor
  /// The interface's name.
  public let name: String

  /// Whether the device moves UDP packets of several segments (Linux 6.2 and newer); TCP's it always does.
  public let takesUDPSegments: Bool

  /// The largest packet with its header, in bytes.
  public static let maximumRead = VirtualNetworkHeader.length + 65_535

  /// Creates the interface `name` (1 to 15 bytes), down and without addresses. Needs CAP_NET_ADMIN.
  public convenience init(creating name: String) throws {
    guard (1..<Int(IFNAMSIZ)).contains(name.utf8.count) else {
      throw LinuxError("create interface '\(name)'", code: ENAMETOOLONG)
    }
    let flags = Int16(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR)
    let number = try check("create tunnel interface \(name)", clinux_tun_open(name, flags, TUNDevice.offloads))
    self.init(adopting: FileDescriptor(owning: number), name: name)
    try RouteNetlink().setQueueLength(TUNDevice.queueLength, interface: name)
  }

  /// Takes over a device that another process created with `init(creating:)`.
  public convenience init(adopting descriptor: FileDescriptor, name: String) {
    let offloads = TUNDevice.offloads | TUNDevice.udpOffloads
    self.init(
      descriptor, name: name, takesUDPSegments: clinux_tun_set_offloads(descriptor.rawValue, offloads) == 0)
  }

  /// A device by its descriptor, or what stands for one in a test.
  package init(_ descriptor: FileDescriptor, name: String, takesUDPSegments: Bool) {
    self.descriptor = descriptor
    self.name = name
    self.takesUDPSegments = takesUDPSegments
  }

  /// Packets that may wait to be read: as many as in front of an Ethernet card. With a TUN device's own 500, packets are
  /// lost whenever 100,000 a second come and the reading process has to wait 5 ms for its turn.
  private static let queueLength: UInt32 = 1000
  private static let offloads = UInt32(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
  /// TUN_F_USO4 and TUN_F_USO6, newer than Debian 12's headers.
  private static let udpOffloads: UInt32 = 0x20 | 0x40

  /// Tells the system whether the line behind the interface is there, as a network card tells of its cable.
  public func setCarrier(_ hasCarrier: Bool) throws(LinuxError) {
    _ = try check("set the carrier of \(name)", clinux_tun_set_carrier(descriptor.rawValue, hasCarrier))
  }

  /// Reads one header and its IP packet into `buffer` and returns their length together; nil when none is waiting.
  ///
  /// The buffer must hold `maximumRead` bytes. The errors are those of a device that is going away.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinuxError) -> Int? {
    let count = Glibc.read(descriptor.rawValue, buffer.baseAddress, buffer.count)
    if count >= 0 { return count }
    let code = errno
    if code == EAGAIN || code == EINTR { return nil }
    throw LinuxError("read from \(name)", code: code)
  }

  /// Hands one IP packet, in pieces, to the system; false when it does not take it (interface down, no memory, not IP).
  public func write(
    _ header: VirtualNetworkHeader, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>
  ) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: VirtualNetworkHeader.length, alignment: 2) { headerBytes in
      header.write(to: headerBytes)
      return withUnsafeTemporaryAllocation(of: iovec.self, capacity: pieces.count + 1) { vectors in
        vectors.initializeElement(at: 0, to: iovec(iov_base: headerBytes.baseAddress, iov_len: headerBytes.count))
        for (index, piece) in pieces.enumerated() {
          let base = UnsafeMutableRawPointer(mutating: piece.baseAddress)
          vectors.initializeElement(at: index + 1, to: iovec(iov_base: base, iov_len: piece.count))
        }
        return writev(descriptor.rawValue, vectors.baseAddress, Int32(vectors.count)) > 0
      }
    }
  }
}
