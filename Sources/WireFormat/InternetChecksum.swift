/// The 16-bit one's complement sum of IP, UDP, TCP and ICMP (RFC 1071).
public struct InternetChecksum: Sendable {
  private var sum: UInt64 = 0

  /// A sum of nothing.
  public init() {}

  /// Adds bytes; a piece of odd length must be the last one, as its missing byte counts as zero.
  ///
  /// The sum does not depend on the byte order (RFC 1071 section 2B), so it is taken as the bytes lie.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let sixtyFour = bytes.count & ~63
    var native = InternetChecksum.sum(ofSixtyFours: UnsafeRawBufferPointer(rebasing: bytes[..<sixtyFour]))
    var index = sixtyFour
    while bytes.count &- index >= 4 {
      native &+= UInt64(bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      index &+= 4
    }
    if bytes.count &- index >= 2 {
      native &+= UInt64(bytes.loadUnaligned(fromByteOffset: index, as: UInt16.self))
      index &+= 2
    }
    if index < bytes.count { native &+= UInt64(UInt16(littleEndian: UInt16(bytes[index]))) }
    sum &+= UInt64(UInt16(bigEndian: InternetChecksum.folded(native)))
  }

  /// Adds bytes; a piece of odd length must be the last one.
  public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  /// Adds one 16-bit field.
  public mutating func add(_ value: UInt16) { sum &+= UInt64(value) }

  /// The checksum field's value in host byte order; 0 when the summed bytes included a correct checksum.
  public var value: UInt16 { ~InternetChecksum.folded(sum) }

  /// The sum itself in host byte order, not complemented: what a checksum field holds for the kernel to complete.
  public var partialValue: UInt16 { InternetChecksum.folded(sum) }

  /// The checksum of a packet in which one 16-bit field has changed (RFC 1624 section 3, equation 3); all in host byte
  /// order.
  public static func corrected(_ checksum: UInt16, replacing old: UInt16, with new: UInt16) -> UInt16 {
    ~folded(UInt64(~checksum) + UInt64(~old) + UInt64(new))
  }

  /// The sum of the 16-bit words of a multiple of 64 bytes, in sixteen lanes of 32 bits.
  private static func sum(ofSixtyFours bytes: UnsafeRawBufferPointer) -> UInt64 {
    var total: UInt64 = 0
    var index = 0
    while index < bytes.count {
      // A lane grows by at most 2 · 0xFFFF in each step, and cannot overflow in so few.
      let end = min(bytes.count, index &+ 64 &* 16_384)
      var (even, odd) = (SIMD8<UInt32>(), SIMD8<UInt32>())
      while index < end {
        let left = bytes.loadUnaligned(fromByteOffset: index, as: SIMD8<UInt32>.self)
        let right = bytes.loadUnaligned(fromByteOffset: index &+ 32, as: SIMD8<UInt32>.self)
        even &+= (left & 0xFFFF) &+ (left &>> 16)
        odd &+= (right & 0xFFFF) &+ (right &>> 16)
        index &+= 64
      }
      for lane in 0..<8 { total &+= UInt64(even[lane]) &+ UInt64(odd[lane]) }
    }
    return total
  }

  private static func folded(_ sum: UInt64) -> UInt16 {
    var folded = sum
    while folded >> 16 != 0 { folded = (folded & 0xFFFF) &+ (folded >> 16) }
    return UInt16(truncatingIfNeeded: folded)
  }
}
