import WireFormat

/// Another way for the packets of a pair of ESP SAs, after a change of addresses (RFC 7296 section 2.23, RFC 4555).
public struct ChildSAMove: Sendable, Equatable {
  /// Name of the connection that the pair belongs to.
  public let connection: String
  /// The pair's inbound SPI.
  public let inboundSPI: ESPSPI
  /// Our own address, and port 4500 where packets travel in UDP.
  public let local: Endpoint
  /// The peer's address, and its port as we see it where packets travel in UDP.
  public let remote: Endpoint
  /// Whether packets travel in UDP from now on.
  public let encapsulation: ChildSA.Encapsulation
  /// Whether we sit behind a NAT, so that the shell has to send NAT keepalives (RFC 3948 section 4).
  public let isBehindNAT: Bool
}
