import FabricCrypto
import Glibc
import LinuxNetworking

/// One message between roles on its way: CBOR, and the descriptors that go with it.
///
/// A message that is too large for a packet, such as the configuration of a hub with a thousand tunnels, travels as a
/// file in memory: the packet is an empty byte string, which no message is, and the file is its first descriptor.
struct Packet {
  /// What fits a packet without asking the kernel for many pages in a row.
  static let largestInline = 64 << 10
  /// The largest message that is read at all.
  static let largest = 64 << 20
  /// RFC 8949 section 3.1: a byte string of no bytes.
  private static let folded: [UInt8] = [0x40]

  var bytes: [UInt8]
  var descriptors: [FileDescriptor]

  init(_ bytes: [UInt8], _ descriptors: [FileDescriptor]) {
    self.bytes = bytes
    self.descriptors = descriptors
  }

  /// Overwrites the message, which may hold keys.
  mutating func wipe() { FabricCrypto.wipe(&bytes) }

  /// Has a message that is too large for a packet travel as a file.
  mutating func fold() throws(LinuxError) {
    guard bytes.count > Packet.largestInline else { return }
    descriptors.insert(try FileDescriptor.memory(bytes), at: 0)
    wipe()
    bytes = Packet.folded
  }

  /// Fetches the message of a packet that came in, if it travels as a file.
  mutating func unfold() throws {
    guard bytes == Packet.folded else { return }
    guard let file = descriptors.first else { throw MissingDescriptors() }
    descriptors.removeFirst()
    bytes = try Packet.contents(of: file)
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
