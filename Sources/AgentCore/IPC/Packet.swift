import Glibc
import LinuxNetworking

/// One message between roles on its way: JSON, and the descriptors that go with it.
///
/// A message that is too large for a packet, such as the configuration of a hub with a thousand tunnels, travels as a
/// file in memory: the packet is a single `@`, which no JSON begins with, and the file is its first descriptor.
struct Packet {
  /// What fits a packet without asking the kernel for many pages in a row.
  static let largestInline = 64 << 10
  /// The largest message that is read at all.
  static let largest = 64 << 20
  private static let folded = [UInt8(ascii: "@")]

  var bytes: [UInt8]
  var descriptors: [FileDescriptor]

  init(_ bytes: [UInt8], _ descriptors: [FileDescriptor]) {
    self.bytes = bytes
    self.descriptors = descriptors
  }

  /// The packet to send.
  func fittingChannel() throws(LinuxError) -> Packet {
    guard bytes.count > Packet.largestInline else { return self }
    return Packet(Packet.folded, [try FileDescriptor.memory(bytes)] + descriptors)
  }

  /// The message of a packet that came in.
  func unfolded() throws -> Packet {
    guard bytes == Packet.folded else { return self }
    guard let file = descriptors.first else { throw MissingDescriptors() }
    return Packet(try Packet.contents(of: file), Array(descriptors.dropFirst()))
  }

  /// Reads a file in memory, and nothing that could keep the reader waiting.
  private static func contents(of file: FileDescriptor) throws(LinuxError) -> [UInt8] {
    var status = stat()
    guard fstat(file.rawValue, &status) == 0 else { throw LinuxError("fstat") }
    guard status.st_mode & S_IFMT == S_IFREG, (0...largest).contains(status.st_size) else {
      throw LinuxError("read a message", code: EINVAL)
    }
    var bytes: [UInt8] = []
    while bytes.count < status.st_size {
      let chunk = try file.read(upTo: status.st_size - bytes.count)
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return bytes
  }
}
