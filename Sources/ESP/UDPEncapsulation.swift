/// What shares UDP port 4500 (RFC 3948 section 2).
///
///     ESP          |   SPI, never 0    |  Sequence Number  | …
///     IKE          |  0   0   0   0    |  IKE header       | …     "non-ESP marker"
///     keepalive    | 0xFF |
public enum UDPEncapsulation: Hashable, Sendable {
  /// An ESP packet: the whole datagram.
  case esp
  /// An IKE message: the datagram behind the non-ESP marker.
  case ike
  /// A NAT keepalive: nothing to do (RFC 3948 section 4).
  case keepalive
  /// Too short to be any of them.
  case malformed

  /// Length of the non-ESP marker that goes before an IKE message, in bytes.
  public static let markerLength = 4

  /// Tells what a datagram of port 4500 is.
  public static func classify(_ datagram: UnsafeRawBufferPointer) -> UDPEncapsulation {
    // RFC 3948 section 2.3: one octet with the value 0xFF.
    if datagram.count == 1, datagram[0] == 0xFF { return .keepalive }
    guard datagram.count > markerLength else { return .malformed }
    // RFC 3948 section 2.1: the SPI field must not be zero in an ESP packet; section 2.2: four zero bytes before IKE.
    let marker = datagram.loadUnaligned(as: UInt32.self)
    if marker == 0 { return .ike }
    return datagram.count > ESPPacketLayout.headerLength ? .esp : .malformed
  }
}
