import Topology
import WireFormat

/// The daemons of FRR that Fabric uses.
public enum FRRDaemon: String, CaseIterable, Codable, Sendable {
  /// Talks to the kernel; every instance has it.
  case zebra
  /// Static routes.
  case staticd
  /// OSPF version 2 (RFC 2328).
  case ospfd
  /// BGP (RFC 4271).
  case bgpd
  /// EIGRP (RFC 7868).
  case eigrpd
  /// BFD (RFC 5880).
  case bfdd
}

/// What one gateway's FRR instance is told: which daemons run, and one integrated configuration for `vtysh`.
///
/// Blackholes under the overlay's networks and the uplinks' policy routes are the kernel's own, not FRR's: they stand
/// while FRR is not there.
public struct FRRConfiguration: Equatable, Sendable {
  /// The daemons to run, `zebra` first.
  public let daemons: [FRRDaemon]
  /// The configuration, as `vtysh -f` reads it.
  public let text: String
  /// The part of the configuration that eigrpd gets in one piece at its start; nil where it does not run.
  ///
  /// It names the kernel's number of every tunnel interface, so that it differs when an interface was replaced.
  public let eigrp: String?

  /// Renders a site's routing.
  ///
  /// - Parameters:
  ///   - site: the site.
  ///   - interfaces: the kernel's numbers of the tunnel interfaces that are there; EIGRP speaks on no other.
  public init(_ site: SiteConfiguration, interfaces: [String: Int32] = [:]) {
    var lines = FRRLines()
    lines.add("frr defaults traditional")
    let filter = RouteFilter(site)
    filter.render(into: &lines)
    StaticRoutes(site).render(into: &lines)
    switch site.routing.routingProtocol {
    case .static: break
    case .ospf(let area): OSPFConfiguration(site, area: area).render(into: &lines)
    case .bgp(let system): BGPConfiguration(site, autonomousSystem: system).render(into: &lines)
    case .eigrp: EIGRPConfiguration(site, interfaces: interfaces)?.render(into: &lines)
    }
    text = lines.text
    eigrp = EIGRPConfiguration(site, interfaces: interfaces)?.startText
    daemons = FRRConfiguration.daemons(for: site, hasEIGRP: eigrp != nil)
  }

  private static func daemons(for site: SiteConfiguration, hasEIGRP: Bool) -> [FRRDaemon] {
    let hasStaticRoutes = !StaticRoutes(site).routes.isEmpty
    let others: [FRRDaemon] = (site.routing.bfd == nil ? [] : [.bfdd]) + (hasStaticRoutes ? [.staticd] : [])
    switch site.routing.routingProtocol {
    case .static: return [.zebra, .staticd]
    case .ospf: return [.zebra, .ospfd] + others
    case .bgp: return [.zebra, .bgpd] + others
    case .eigrp: return [.zebra] + (hasEIGRP ? [.eigrpd] : []) + others
    }
  }
}

/// The lines of an FRR configuration file.
struct FRRLines {
  private(set) var text = ""

  mutating func add(_ line: String) { text += line + "\n" }

  /// A block such as an interface or a router, closed by `exit`.
  mutating func block(_ head: String, _ lines: [String]) {
    guard !lines.isEmpty else { return }
    add("!")
    add(head)
    for line in lines { add(" " + line) }
    add("exit")
  }
}
