import FabricCrypto
import WireFormat

/// How an ESP packet travels.
public enum ESPEncapsulation: String, Hashable, Sendable, Codable, CaseIterable {
  /// In UDP port 4500 (RFC 3948), so that it passes a NAT.
  case udp
  /// As IP protocol 50 (RFC 4303 section 2).
  case esp
}

/// What a tunnel costs: the arithmetic between a path's MTU and the tunnel interface's.
public struct ESPOverhead: Hashable, Sendable {
  private let layout: ESPPacketLayout
  private let outerLength: Int

  /// The cost under `suite` in packets of the outer `family`.
  public init(suite: ProtectionSuite, encapsulation: ESPEncapsulation, outerFamily family: IPAddress.Family) {
    self.init(layout: ESPPacketLayout(suite), encapsulation: encapsulation, outerFamily: family)
  }

  /// The cost of packets of `layout` in packets of the outer `family`.
  public init(layout: ESPPacketLayout, encapsulation: ESPEncapsulation, outerFamily family: IPAddress.Family) {
    self.layout = layout
    let ipLength = family == .v4 ? 20 : 40
    let udpLength = encapsulation == .udp ? 8 : 0
    outerLength = ipLength + udpLength
  }

  /// Length of the outer IP packet, in bytes, around an inner packet of `innerLength`.
  public func outerLength(innerLength: Int) -> Int { outerLength + layout.packetLength(innerLength: innerLength) }

  /// The longest inner packet, in bytes, that leaves as one outer packet of at most `pathMTU`; 0 if none does.
  public func innerMTU(pathMTU: Int) -> Int {
    let text = pathMTU - outerLength - layout.prefixLength - layout.icvLength
    guard text >= layout.alignment else { return 0 }
    return text - text % layout.alignment - ESPPacketLayout.trailerLength
  }
}
