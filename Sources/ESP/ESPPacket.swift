import FabricCrypto

/// The layout of an ESP packet (RFC 4303 section 2) under one suite.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─╮
///     |               Security Parameters Index (SPI)                 |  │ header, 8 bytes
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  │
///     |                      Sequence Number                          |  │
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─┤
///     |                    IV (8 bytes GCM, 16 CBC)                   |  │ iv
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─┤
///     ~                 inner IP packet (tunnel mode)                 ~  │
///     +               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  │ text, encrypted
///     |               |     Padding (1, 2, 3 …)                       |  │
///     +-+-+-+-+-+-+-+-+               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  │
///     |                               |  Pad Length   | Next Header   |  │
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─┤
///     ~          Integrity Check Value (16, 24 or 32 bytes)           ~  │ icv
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─╯
///
/// All lengths are in bytes.
public struct ESPPacketLayout: Hashable, Sendable {
  /// SPI and sequence number.
  public static let headerLength = 8
  /// Pad length and next header.
  public static let trailerLength = 2
  /// Room that must be free before an inner packet, so that any suite can seal it in place.
  public static let headroom = headerLength + 16
  /// Room that must be free behind an inner packet, so that any suite can seal it in place.
  public static let tailroom = 15 + trailerLength + 32

  /// Bytes of IV behind the header.
  public let ivLength: Int
  /// Bytes of integrity check value at the end.
  public let icvLength: Int
  /// The text is padded to a multiple of this many bytes: the cipher's block, and at least 4 (RFC 4303 section 2.4).
  public let alignment: Int

  /// The layout under `suite`.
  public init(_ suite: ProtectionSuite) {
    ivLength = suite.encryption.ivLength
    icvLength = suite.icvLength
    alignment = max(4, suite.encryption.blockLength)
  }

  /// Bytes before the text: header and IV.
  public var prefixLength: Int { ESPPacketLayout.headerLength + ivLength }
  /// The shortest packet: no inner packet and no padding.
  public var minimumLength: Int { prefixLength + ESPPacketLayout.trailerLength + icvLength }

  /// Bytes of padding behind an inner packet, 0…`alignment` - 1.
  public func paddingLength(innerLength: Int) -> Int {
    // The alignment is a power of two: this is the distance to the next multiple, without a division per packet.
    -(innerLength + ESPPacketLayout.trailerLength) & (alignment - 1)
  }

  /// Length of the whole ESP packet around an inner packet.
  public func packetLength(innerLength: Int) -> Int {
    minimumLength + innerLength + paddingLength(innerLength: innerLength)
  }
}
