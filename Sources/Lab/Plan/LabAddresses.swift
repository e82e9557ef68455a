import WireFormat

/// The addresses that the lab itself uses, of ranges that no topology should.
enum LabAddresses {
  /// The management network, link local: `169.254.0.0/16`.
  static let controller = literal("169.254.0.1/16")

  /// A gateway's address in the management network; `index` counts sites from 0.
  static func management(_ index: Int) -> InterfaceAddress {
    offset(literal("169.254.1.0/16"), UInt32(index) + 1)
  }

  /// The two ends of the network between the internet's router and an ISP; lines count from 1.
  ///
  /// IPv4 is a /30 of `198.18.0.0/15` (RFC 2544), IPv6 a /64 of `2001:2::/48` (RFC 5180), both for test networks.
  static func transit(_ line: Int) -> [(internet: InterfaceAddress, isp: InterfaceAddress)] {
    let v4 = offset(literal("198.18.0.0/30"), UInt32(line) * 4)
    let v6 = literal("2001:2:0:\(String(line, radix: 16))::/64")
    return [v4, v6].map { (offset($0, 1), offset($0, 2)) }
  }

  /// Another address of an ISP than the one that it has in its transit network.
  static func other(than transit: IPAddress) -> IPAddress? { transit.advanced(by: 1 << 15) }

  /// The ISP's address in the network that it leases from: shared address space (RFC 6598) behind NAT.
  static func leasing(_ line: Int, behindNAT: Bool) -> InterfaceAddress {
    offset(literal(behindNAT ? "100.64.0.0/24" : "198.19.0.0/24"), UInt32(line) * 256 + 1)
  }

  /// An address for the host in a gateway's LAN: the tenth, or in a small network the first that is free.
  static func host(beside gateway: InterfaceAddress) -> InterfaceAddress? {
    let network = gateway.prefix.address
    let candidates = [10] + (0...3).map { UInt32($0) }
    for candidate in candidates.compactMap({ network.advanced(by: $0) }) {
      let isReserved = gateway.length < 31 && (candidate == network || candidate == gateway.prefix.lastAddress)
      if gateway.prefix.contains(candidate), candidate != gateway.address, !isReserved {
        return InterfaceAddress(candidate, length: gateway.length)
      }
    }
    return nil
  }

  private static func literal(_ text: String) -> InterfaceAddress {
    guard let address = InterfaceAddress(text) else { preconditionFailure("\(text) is no interface address") }
    return address
  }

  private static func offset(_ base: InterfaceAddress, _ distance: UInt32) -> InterfaceAddress {
    guard let address = base.address.advanced(by: distance),
      let result = InterfaceAddress(address, length: base.length)
    else { preconditionFailure("the lab ran out of addresses after \(base)") }
    return result
  }
}

extension InterfaceAddress {
  /// An address alone in its network.
  init(host address: IPAddress) {
    guard let result = InterfaceAddress(address, length: address.family.bitWidth) else {
      preconditionFailure("a family's full width is a valid length")
    }
    self = result
  }
}
