import Testing
import WireFormat

@testable import Topology

/// Topologies for plans, made without a file.
enum SampleTopology {
  static func document(_ sites: [Site]) -> TopologyDocument {
    TopologyDocument(
      name: "sample", sites: sites, links: [], tunnelAddressing: .unnumbered,
      routing: .init(routingProtocol: .static, bfd: nil))
  }

  static func site(_ name: String, lan: String, uplinks: [Uplink], isManaged: Bool = true) throws -> Site {
    Site(
      name: name, role: .spoke, isManaged: isManaged, identity: nil, authorities: [], loopbacks: [],
      lans: [LAN(interface: "lan0", addresses: [try address(lan)])], uplinks: uplinks)
  }

  static func fixed(_ name: String, _ text: String, gateway: String, behindNAT: Bool = false) throws -> Uplink {
    Uplink(
      name: name, interface: "wan0",
      addressing: .fixed(try address(text), gateway: try #require(IPAddress(gateway))), behindNAT: behindNAT,
      priority: 1)
  }

  static func leased(_ name: String, behindNAT: Bool) -> Uplink {
    Uplink(name: name, interface: "wan0", addressing: .dhcp, behindNAT: behindNAT, priority: 1)
  }

  private static func address(_ text: String) throws -> InterfaceAddress { try #require(InterfaceAddress(text)) }
}
