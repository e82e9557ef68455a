import WireFormat

/// DSCP and ECN between the inner and the outer IP header of a tunnel.
///
///       0   1   2   3   4   5   6   7
///     +---+---+---+---+---+---+---+---+
///     |         DSCP          |  ECN  |   ECN: 0 not capable, 1 ECT(1), 2 ECT(0), 3 congestion experienced
///     +---+---+---+---+---+---+---+---+
public enum TunnelTrafficClass {
  private static let ecn: UInt8 = 0b11
  private static let congestionExperienced: UInt8 = 0b11
  private static let ect1: UInt8 = 0b01
  private static let ect0: UInt8 = 0b10

  /// What the outer header of an inner IP packet says; 0 for what is no IP packet.
  ///
  /// DSCP is copied (RFC 4301 section 5.1.2.1, RFC 2983 section 3.2: the uniform model), and so is ECN (RFC 6040 section
  /// 4.1, normal mode).
  public static func outer(around inner: UnsafeRawBufferPointer) -> UInt8 {
    guard inner.count >= 2 else { return 0 }
    switch inner[0] >> 4 {
    case 4: return inner[1]
    case 6: return inner[0] << 4 | inner[1] >> 4
    default: return 0
    }
  }

  /// Brings the congestion that the outer header reports into the inner IP packet; false if that packet must be dropped.
  /// The inner DSCP stays (RFC 4301 section 5.1.2.1).
  public static func combine(outer: UInt8, into inner: UnsafeMutableRawBufferPointer) -> Bool {
    let outerECN = outer & ecn
    if outerECN == 0 { return true }
    let innerECN = TunnelTrafficClass.outer(around: UnsafeRawBufferPointer(inner)) & ecn
    guard let combined = combination(inner: innerECN, outer: outerECN) else { return false }
    if combined != innerECN { set(ecn: combined, in: inner) }
    return true
  }

  /// RFC 6040 section 4.2, figure 4; nil: drop. `outer` is not 0.
  ///
  ///     inner \ outer     ECT(0)     ECT(1)     CE
  ///     not capable       not        not        drop
  ///     ECT(0)            ECT(0)     ECT(1)     CE
  ///     ECT(1)            ECT(1)     ECT(1)     CE
  ///     CE                CE         CE         CE
  private static func combination(inner: UInt8, outer: UInt8) -> UInt8? {
    if inner == 0 { return outer == congestionExperienced ? nil : 0 }
    if outer == congestionExperienced { return congestionExperienced }
    return inner == ect0 && outer == ect1 ? ect1 : inner
  }

  private static func set(ecn value: UInt8, in packet: UnsafeMutableRawBufferPointer) {
    guard packet[0] >> 4 == 4 else {
      packet[1] = packet[1] & ~(ecn << 4) | value << 4
      return
    }
    guard packet.count >= 20 else { return }
    let old = packet.loadUnaligned(as: UInt16.self)
    packet[1] = packet[1] & ~ecn | value
    let checksum = packet.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
    let corrected = InternetChecksum.corrected(
      UInt16(bigEndian: checksum), replacing: UInt16(bigEndian: old),
      with: UInt16(bigEndian: packet.loadUnaligned(as: UInt16.self)))
    packet.storeBytes(of: corrected.bigEndian, toByteOffset: 10, as: UInt16.self)
  }
}
