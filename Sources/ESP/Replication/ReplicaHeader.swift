import WireFormat

/// What stands before a packet that is sent twice: the name of its flow and its number there, as DetNet has them (RFC 8964
/// section 4.2).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                S-Label                |  0  |1|      255      |  TC, bottom of stack, TTL
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |0 0 0 0|                    Sequence Number                    |  DetNet Control Word
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct ReplicaHeader: Hashable, Sendable {
  /// The S-Label: 20 bits that the sender has chosen; they mean something together with who it is (RFC 5331).
  public let flow: UInt32
  /// The packet's number: 28 bits, which begin anew after the last.
  public let number: UInt32

  /// What announces it: MPLS in IP (RFC 4023 section 3.1).
  static let nextHeader: UInt8 = 137
  /// Length in bytes.
  public static let length = 8
  /// RFC 3032 section 2.1: labels 0 to 15 are reserved.
  static let flows: Range<UInt32> = 16..<(1 << 20)
  /// How many numbers there are.
  static let numbers: UInt32 = 1 << 28
  private static let bottomOfStack: UInt32 = 1 << 8
  private static let timeToLive: UInt32 = 255

  /// The header of packet `number` of a flow; both are cut to their bits.
  public init(flow: UInt32, number: UInt32) {
    self.flow = flow & (ReplicaHeader.flows.upperBound - 1)
    self.number = number & (ReplicaHeader.numbers - 1)
  }

  /// Reads the header at the start of `bytes`; nil if there is none: too short, more labels, or another control word.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= ReplicaHeader.length else { return nil }
    let label = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
    let control = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    // RFC 8964 section 4.2.1: the first nibble is zero; one is OAM's (RFC 5586).
    guard label & ReplicaHeader.bottomOfStack != 0, control < ReplicaHeader.numbers,
      ReplicaHeader.flows.contains(label >> 12)
    else { return nil }
    flow = label >> 12
    number = control
  }

  /// Writes it into `bytes`, at least `length` of them.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    let label = flow << 12 | ReplicaHeader.bottomOfStack | ReplicaHeader.timeToLive
    bytes.storeBytes(of: label.bigEndian, as: UInt32.self)
    bytes.storeBytes(of: number.bigEndian, toByteOffset: 4, as: UInt32.self)
  }
}
