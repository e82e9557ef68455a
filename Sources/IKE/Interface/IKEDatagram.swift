import WireFormat

/// One UDP datagram to or from an IKE peer, without the non-ESP marker.
///
/// The shell strips the four zero bytes of RFC 7296 section 2.23 from what arrives on port 4500 and puts them in front
/// of what leaves from there.
public struct IKEDatagram: Hashable, Sendable {
  /// Name of the uplink that the datagram came by or leaves by.
  public var uplink: String
  /// Our own address and port: 500 or 4500.
  public var local: Endpoint
  /// The peer's address and port.
  public var remote: Endpoint
  /// The IKE message.
  public var bytes: [UInt8]

  /// A datagram.
  public init(uplink: String, local: Endpoint, remote: Endpoint, bytes: [UInt8]) {
    self.uplink = uplink
    self.local = local
    self.remote = remote
    self.bytes = bytes
  }
}
