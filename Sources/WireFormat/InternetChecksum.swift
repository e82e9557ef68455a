/// The 16-bit one's complement sum of IP, UDP, TCP and ICMP (RFC 1071).
public struct InternetChecksum: Sendable {
  private var sum: UInt64 = 0

  /// A sum of nothing.
  public init() {}

  /// Adds bytes; a piece of odd length must be the last one, as its missing byte counts as zero.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index &+ 1 < bytes.count {
      sum &+= UInt64(bytes[index]) << 8 | UInt64(bytes[index &+ 1])
      index &+= 2
    }
    if index < bytes.count { sum &+= UInt64(bytes[index]) << 8 }
  }

  /// Adds bytes; a piece of odd length must be the last one.
  public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  /// Adds one 16-bit field.
  public mutating func add(_ value: UInt16) { sum &+= UInt64(value) }

  /// The checksum field's value in host byte order; 0 when the summed bytes included a correct checksum.
  public var value: UInt16 {
    var folded = sum
    while folded >> 16 != 0 { folded = (folded & 0xFFFF) &+ (folded >> 16) }
    return ~UInt16(truncatingIfNeeded: folded)
  }
}
