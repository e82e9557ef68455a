import Topology
import WireFormat

/// What zebra may take into the kernel from the routing protocols: networks of the overlay, and nothing else.
///
/// A default route or the network of an ISP line that came through a tunnel would send the tunnel's own packets into the
/// tunnel (recursive routing). The routes also name the source address that the gateway itself uses towards the overlay,
/// as nobody else knows the addresses of a numbered tunnel.
struct RouteFilter {
  static let name = "OVERLAY"

  private let networks: [IPPrefix]
  private let source: [IPAddress]
  private let protocols: [String]

  init(_ site: SiteConfiguration) {
    networks = site.routing.protected
    source = site.loopbacks + site.lans.flatMap(\.addresses).map(\.address)
    protocols =
      switch site.routing.routingProtocol {
      case .static: ["static"]
      case .ospf: ["static", "ospf"]
      case .eigrp: ["static", "eigrp"]
      }
  }

  func render(into lines: inout FRRLines) {
    for family in [IPAddress.Family.v4, .v6] where networks.contains(where: { $0.address.family == family }) {
      render(family, into: &lines)
    }
  }

  private func render(_ family: IPAddress.Family, into lines: inout FRRLines) {
    let ip = family == .v4 ? "ip" : "ipv6"
    let list = RouteFilter.name + (family == .v4 ? "" : "6")
    lines.add("!")
    for (index, network) in networks.filter({ $0.address.family == family }).enumerated() {
      lines.add("\(ip) prefix-list \(list) seq \(5 * (index + 1)) permit \(network)")
    }
    let own = source.first { $0.family == family }
    lines.block(
      "route-map \(list) permit 10",
      ["match \(ip) address prefix-list \(list)"] + (own.map { ["set src \($0)"] } ?? []))
    lines.add("route-map \(list) deny 20")
    lines.add("exit")
    for name in protocols where family == .v4 || name == "static" {
      lines.add("\(ip) protocol \(name) route-map \(list)")
    }
  }
}
