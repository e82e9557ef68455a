/// What the kernel and a TUN device say of a packet beside its bytes (virtio 1.2 section 5.1.6, `virtio_net_hdr`): which
/// checksum is still to be completed, and into what segments a packet of several is to be cut.
///
///      0               1               2               3
///     +---------------+---------------+---------------+---------------+
///     |     flags     |   gso_type    |            hdr_len            |
///     +---------------+---------------+---------------+---------------+
///     |           gso_size            |          csum_start           |
///     +---------------+---------------+---------------+---------------+
///     |          csum_offset          |   in little-endian byte order
///     +---------------+---------------+
public struct VirtualNetworkHeader: Hashable, Sendable {
  /// How a packet of several segments is to be cut.
  public enum Segmentation: UInt8, Hashable, Sendable {
    /// It is one packet.
    case none = 0
    /// TCP over IPv4.
    case tcpOverIPv4 = 1
    /// TCP over IPv6.
    case tcpOverIPv6 = 4
    /// UDP over either.
    case udp = 5
  }

  /// Length of the header in bytes.
  public static let length = 10

  /// Whether the checksum from `checksumStart` on is incomplete: its field holds the sum of the pseudo-header only.
  public var needsChecksum: Bool
  /// How the packet is to be cut.
  public var segmentation: Segmentation
  /// Length of all headers in bytes, a hint only.
  public var headerLength: UInt16
  /// Bytes of payload in each segment but the last.
  public var segmentSize: UInt16
  /// Where the transport header begins.
  public var checksumStart: UInt16
  /// Where, from `checksumStart`, the checksum lies.
  public var checksumOffset: UInt16

  /// The header of one whole packet with complete checksums.
  public static let plain = VirtualNetworkHeader(
    needsChecksum: false, segmentation: .none, headerLength: 0, segmentSize: 0, checksumStart: 0, checksumOffset: 0)

  /// A header; see the properties.
  public init(
    needsChecksum: Bool, segmentation: Segmentation, headerLength: UInt16, segmentSize: UInt16, checksumStart: UInt16,
    checksumOffset: UInt16
  ) {
    self.needsChecksum = needsChecksum
    self.segmentation = segmentation
    self.headerLength = headerLength
    self.segmentSize = segmentSize
    self.checksumStart = checksumStart
    self.checksumOffset = checksumOffset
  }

  /// Reads the header at the start of `bytes`; nil if it is incomplete or asks for a segmentation other than these.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= VirtualNetworkHeader.length, let segmentation = Segmentation(rawValue: bytes[1]) else {
      return nil
    }
    func field(_ offset: Int) -> UInt16 {
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
    self.init(
      needsChecksum: bytes[0] & 1 != 0, segmentation: segmentation, headerLength: field(2), segmentSize: field(4),
      checksumStart: field(6), checksumOffset: field(8))
  }

  /// Writes the header to the start of `bytes`, which must hold it.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes[0] = needsChecksum ? 1 : 0
    bytes[1] = segmentation.rawValue
    bytes.storeBytes(of: headerLength.littleEndian, toByteOffset: 2, as: UInt16.self)
    bytes.storeBytes(of: segmentSize.littleEndian, toByteOffset: 4, as: UInt16.self)
    bytes.storeBytes(of: checksumStart.littleEndian, toByteOffset: 6, as: UInt16.self)
    bytes.storeBytes(of: checksumOffset.littleEndian, toByteOffset: 8, as: UInt16.self)
  }
}
