import Topology
import WireFormat

/// What zebra may take into the kernel from the routing protocols: networks of the overlay, each by a tunnel whose peer
/// may announce it, and nothing else.
///
/// A peer that carries nobody else's traffic, such as a spoke, is believed about its own networks only, whatever it says:
/// OSPF cannot filter inside an area and EIGRP is not asked to, but no route takes effect except through here. A default
/// route or the network of an ISP line that came through a tunnel would send the tunnel's own packets into the tunnel
/// (recursive routing). The routes also name the source address that the gateway itself uses towards the overlay, as
/// nobody else knows the addresses of a numbered tunnel.
struct RouteFilter {
  private static let name = "OVERLAY"

  private let site: SiteConfiguration
  private let source: [IPAddress]
  private let protocols: [String]

  init(_ site: SiteConfiguration) {
    self.site = site
    source = site.loopbacks + site.lans.flatMap(\.addresses).map(\.address)
    protocols =
      switch site.routing.routingProtocol {
      case .static: ["static"]
      case .ospf: ["static", "ospf"]
      case .bgp: ["static", "bgp"]
      case .eigrp: ["static", "eigrp"]
      }
  }

  /// The prefix list of what the peer of a tunnel may announce.
  static func list(of tunnel: Tunnel, _ family: IPAddress.Family) -> String {
    (tunnel.peerIsTransit ? name : "SITE-\(tunnel.peerSite)") + suffix(family)
  }

  private static func suffix(_ family: IPAddress.Family) -> String { family == .v4 ? "" : "6" }

  func render(into lines: inout FRRLines) {
    for family in [IPAddress.Family.v4, .v6]
    where site.routing.protected.contains(where: { $0.address.family == family }) {
      renderLists(family, into: &lines)
      renderMap(family, into: &lines)
    }
  }

  private func renderLists(_ family: IPAddress.Family, into lines: inout FRRLines) {
    let bySite = site.tunnels.filter { !$0.peerIsTransit }.map { (RouteFilter.list(of: $0, family), $0.peerPrefixes) }
    var lists = Dictionary(bySite) { first, _ in first }
    lists[RouteFilter.name + RouteFilter.suffix(family)] = site.routing.protected
    for (list, networks) in lists.sorted(by: { $0.key < $1.key }) {
      lines.add("!")
      for (index, network) in networks.filter({ $0.address.family == family }).enumerated() {
        lines.add("\(family.command) prefix-list \(list) seq \(5 * (index + 1)) permit \(network)")
      }
    }
  }

  /// One entry a tunnel; what none of them matches is denied.
  private func renderMap(_ family: IPAddress.Family, into lines: inout FRRLines) {
    let map = RouteFilter.name + RouteFilter.suffix(family)
    let own = source.first { $0.family == family }
    for (index, tunnel) in site.tunnels.enumerated() {
      lines.block(
        "route-map \(map) permit \(10 * (index + 1))",
        [
          "match interface \(tunnel.interface)",
          "match \(family.command) address prefix-list \(RouteFilter.list(of: tunnel, family))",
        ] + (own.map { ["set src \($0)"] } ?? []))
    }
    for name in protocols where family == .v4 || name == "static" || name == "bgp" {
      lines.add("\(family.command) protocol \(name) route-map \(map)")
    }
  }
}

extension IPAddress.Family {
  /// The word that FRR's commands about the family start with.
  fileprivate var command: String { self == .v4 ? "ip" : "ipv6" }
}
