import WireFormat

/// A question to the peer whether a packet has arrived, and its answer, in a dummy packet (RFC 4303 section 2.6): sealed
/// like any other, and thrown away by a peer that does not know it. What follows is padding up to the size in question.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      "FABR", tells it from noise              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                "PRB?" question, "PRB!" answer                 |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            Number                             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public enum PathProbe: Hashable, Sendable {
  /// Asks for the answer of this number.
  case question(number: UInt32)
  /// The question of this number has arrived.
  case answer(number: UInt32)

  /// Length without padding, in bytes.
  public static let length = 12
  private static let magic: UInt32 = 0x4641_4252
  private static let questionKind: UInt32 = 0x5052_423F
  private static let answerKind: UInt32 = 0x5052_4221

  /// Reads what a dummy packet carries; nil if that is no probe.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= PathProbe.length else { return nil }
    func field(_ offset: Int) -> UInt32 {
      UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    guard field(0) == PathProbe.magic else { return nil }
    switch field(4) {
    case PathProbe.questionKind: self = .question(number: field(8))
    case PathProbe.answerKind: self = .answer(number: field(8))
    default: return nil
    }
  }

  /// Writes it into `bytes`, at least `length` of them, and zeros behind it.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    let (kind, number) =
      switch self {
      case .question(let number): (PathProbe.questionKind, number)
      case .answer(let number): (PathProbe.answerKind, number)
      }
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    for (index, value) in [PathProbe.magic, kind, number].enumerated() {
      bytes.storeBytes(of: value.bigEndian, toByteOffset: 4 * index, as: UInt32.self)
    }
  }
}
