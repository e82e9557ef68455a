import WireFormat

/// Tells a peer through one tunnel that the line under another tunnel of ours to it is gone: it need not find out by
/// silence. Like a test of STAMP it travels in a dummy packet (RFC 4303 section 2.6), authenticated by ESP.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            "FABR"                             |
///     |                            "GONE"                             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      SPI of the SA on which the peer receives, as there       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct LineLoss: Hashable, Sendable {
  /// The receiver's SPI of the tunnel whose line is gone.
  public let spi: ESPSPI

  /// Length in bytes.
  public static let length = 12
  private static let magic: (UInt32, UInt32) = (0x4641_4252, 0x474F_4E45)

  /// The line of the SA that the peer knows by `spi` is gone.
  public init(spi: ESPSPI) { self.spi = spi }

  /// Reads what a dummy packet carries; nil if that is something else.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= LineLoss.length else { return nil }
    func word(_ offset: Int) -> UInt32 {
      UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    guard word(0) == LineLoss.magic.0, word(4) == LineLoss.magic.1, let spi = ESPSPI(rawValue: word(8)) else {
      return nil
    }
    self.spi = spi
  }

  /// Writes it into `bytes`, at least `length` of them.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    for (index, word) in [LineLoss.magic.0, LineLoss.magic.1, spi.rawValue].enumerated() {
      bytes.storeBytes(of: word.bigEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
  }
}
