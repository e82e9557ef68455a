import WireFormat

/// What the packets of a flow have in common, as the kernel's multipath routes see it (`fib_multipath_hash_policy` 1):
/// addresses, protocol, and the ports of TCP and UDP. Fragments, of which only the first shows its ports, are told apart by
/// addresses and protocol alone.
public struct FlowHash: Hashable, Sendable {
  /// Evenly spread over all 32-bit numbers.
  public let value: UInt32

  /// The flow of an IP packet; those that are none are one flow.
  public init(_ packet: UnsafeRawBufferPointer) {
    var hash = FlowHash.offsetBasis
    func add(_ range: Range<Int>) {
      for byte in packet[range] { hash = (hash ^ UInt32(byte)) &* FlowHash.prime }
    }
    switch packet.first.map({ $0 >> 4 }) {
    case 4 where packet.count >= 20:
      add(9..<10)
      add(12..<20)
      let isFragment = packet[6] & 0x3F != 0 || packet[7] != 0
      if !isFragment { add(FlowHash.ports(of: packet, behind: Int(packet[0] & 0x0F) * 4, packet[9])) }
    case 6 where packet.count >= 40:
      add(6..<7)
      add(8..<40)
      add(FlowHash.ports(of: packet, behind: 40, packet[6]))
    default: break
    }
    // FNV-1a leaves the lower bits uneven: what is taken of them is mixed with the upper ones.
    value = (hash ^ hash >> 16) &* 0x85EB_CA6B
  }

  private static let offsetBasis: UInt32 = 2_166_136_261
  private static let prime: UInt32 = 16_777_619

  private static func ports(
    of packet: UnsafeRawBufferPointer, behind headerLength: Int, _ ipProtocol: UInt8
  ) -> Range<Int> {
    guard [IPProtocolNumber.tcp, IPProtocolNumber.udp].contains(ipProtocol), packet.count >= headerLength + 4 else {
      return 0..<0
    }
    return headerLength..<(headerLength + 4)
  }
}
