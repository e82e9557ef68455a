/// Why a packet was not carried. Dropping is normal, silent on the wire and always counted.
public enum DropReason: Int, Error, CaseIterable, Hashable, Sendable {
  /// Outbound: the tunnel has no SA; clear text never leaves instead (DESIGN.md section 5, invariant 2).
  case noOutboundSA
  /// Outbound: all sequence numbers of the SA are used up (RFC 4303 section 3.3.3).
  case sequenceExhausted
  /// Outbound: the buffer has no room around the packet to seal it in place.
  case noRoom
  /// Inbound: too short for an ESP packet of its SA.
  case truncated
  /// Inbound: no SA has the packet's SPI (RFC 4303 section 3.4.2).
  case unknownSPI
  /// Inbound: the sequence number was seen before (RFC 4303 section 3.4.3).
  case replayed
  /// Inbound: the sequence number lies before the replay window, or is 0.
  case tooOld
  /// Inbound: the integrity check failed (RFC 4303 section 3.4.4).
  case notAuthentic
  /// Inbound: the padding is not 1, 2, 3 … or longer than the packet (RFC 4303 section 2.4).
  case badPadding
  /// Inbound: a dummy packet, next header 59, sent to hide traffic patterns (RFC 4303 section 2.6).
  case dummy
  /// Inbound: the next header is neither IPv4 nor IPv6, all that tunnel mode carries.
  case unexpectedNextHeader
  /// The inner packet has no valid IP header.
  case malformedInnerPacket
  /// The inner packet is outside the SA's traffic selectors (RFC 4301 section 5.2).
  case selectorMismatch
  /// The cipher failed to seal.
  case cipherFailure
  /// Outbound: larger than the path carries; its sender was told (RFC 4301 section 8.2.1).
  case tooBig
  /// Inbound: the network reported congestion to a packet whose sender would not understand it (RFC 6040 section 4.2).
  case congestionExperienced
  /// Inbound: more came than could be opened, and most of it through this tunnel.
  case queueFull
  /// Inbound: the other copy of a packet that is sent twice has come before (RFC 8655 section 3.2.2.2).
  case eliminated
}

/// How many packets were dropped for each reason.
public struct DropCounters: Sendable {
  private var counts = InlineArray<18, UInt64>(repeating: 0)

  /// All zero.
  public init() {
    precondition(DropReason.allCases.count == counts.count, "one counter for each reason")
  }

  /// Packets dropped for `reason`.
  public subscript(reason: DropReason) -> UInt64 { counts[reason.rawValue] }

  /// Packets dropped in all.
  public var total: UInt64 { DropReason.allCases.reduce(0) { $0 + self[$1] } }

  /// Counts one more packet, or several.
  public mutating func count(_ reason: DropReason, times: Int = 1) {
    counts[reason.rawValue] &+= UInt64(truncatingIfNeeded: times)
  }
}
