import ESP
import FabricCrypto
import Topology
import WireFormat

extension Tunnel {
  /// The MTU of the tunnel's interface, in bytes: the largest inner packet that fits one packet of the uplink with any
  /// of the suites that may be negotiated, but no less than IPv6 needs (RFC 8200 section 5): what of IPv6 does not fit
  /// then is cut outside of the tunnel. Nil if no suite is known.
  func mtu(over uplink: Uplink) -> Int? {
    let family = outerFamily(over: uplink)
    // Whether there is a NAT is known only later, so there is room for UDP unless it is ruled out.
    let outer: ESPEncapsulation = encapsulation == .esp ? .esp : .udp
    let largest = protectionSuites.map { suite in
      ESPOverhead(suite: suite, encapsulation: outer, outerFamily: family).innerMTU(pathMTU: uplink.mtu)
    }.min()
    return largest.map { max($0, IPv6.minimumMTU) }
  }

  private func outerFamily(over uplink: Uplink) -> IPAddress.Family {
    if let remoteAddress { return remoteAddress.family }
    switch uplink.addressing {
    case .fixed(let address, _): return address.address.family
    case .dhcp: return .v4
    }
  }

  private var protectionSuites: [ProtectionSuite] {
    let integrity = ipsec.integrity.compactMap { IntegrityAlgorithm(topologyName: $0) }
    return ipsec.encryption.compactMap { EncryptionAlgorithm(rawValue: $0) }.flatMap { encryption in
      encryption.isAEAD
        ? [ProtectionSuite.aead(encryption)] : integrity.map { ProtectionSuite.encryptThenMAC(encryption, $0) }
    }
  }
}
