import WireFormat

/// Holds inner packets against an SA's traffic selectors (RFC 4301 sections 5.1 and 5.2).
struct SelectorCheck {
  private let local: [TrafficSelector]
  private let remote: [TrafficSelector]
  private let passesAll: (v4: Bool, v6: Bool)

  init(local: [TrafficSelector], remote: [TrafficSelector]) {
    self.local = local
    self.remote = remote
    func passesAll(_ family: IPAddress.Family) -> Bool {
      local.contains(.any(family)) && remote.contains(.any(family))
    }
    // The usual case on a tunnel interface, worth a short cut: everything of a family may pass.
    self.passesAll = (passesAll(.v4), passesAll(.v6))
  }

  /// Whether a packet from the peer is one that it may send.
  func allowsInbound(_ packet: InnerPacket) -> Bool { allows(packet, source: remote, destination: local) }

  /// Whether a packet to the peer is one that we may send.
  func allowsOutbound(_ packet: InnerPacket) -> Bool { allows(packet, source: local, destination: remote) }

  private func allows(_ packet: InnerPacket, source: [TrafficSelector], destination: [TrafficSelector]) -> Bool {
    if packet.family == .v4 ? passesAll.v4 : passesAll.v6 { return true }
    guard let header = IPHeader(packet.bytes) else { return false }
    let ports = TransportPorts(packet.bytes, header)
    return source.contains { $0.covers(header.source, header.ipProtocol, ports?.source) }
      && destination.contains { $0.covers(header.destination, header.ipProtocol, ports?.destination) }
  }
}

extension TrafficSelector {
  /// Whether the selector covers one end of a packet; `port` is nil where the packet shows none.
  fileprivate func covers(_ address: IPAddress, _ packetProtocol: UInt8, _ port: UInt16?) -> Bool {
    guard contains(address), ipProtocol == 0 || ipProtocol == packetProtocol else { return false }
    if ports == 0...UInt16.max { return true }
    // RFC 4301 section 4.4.1.1: a fragment without ports matches only a selector for any port.
    guard let port else { return false }
    return ports.contains(port)
  }
}

/// The two ports of a packet, as far as its protocol has any.
private struct TransportPorts {
  let source: UInt16
  let destination: UInt16

  init?(_ packet: UnsafeRawBufferPointer, _ header: IPHeader) {
    guard !header.isLaterFragment, packet.count >= header.headerLength + 4 else { return nil }
    func field(_ offset: Int) -> UInt16 {
      UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: header.headerLength + offset, as: UInt16.self))
    }
    switch header.ipProtocol {
    case IPProtocolNumber.tcp, IPProtocolNumber.udp:
      source = field(0)
      destination = field(2)
    case IPProtocolNumber.icmp, IPProtocolNumber.icmpv6:
      // RFC 7296 section 3.13.1: type and code stand for the port, at both ends.
      source = field(0)
      destination = field(0)
    default: return nil
    }
  }
}
