import Topology
import WireFormat

/// EIGRP over numbered tunnels.
///
/// FRR's eigrpd accepts `summary`, `split-horizon`, `neighbor`, `timers active-time` and `redistribute … route-map` and
/// does nothing with them: none is used here.
struct EIGRPConfiguration {
  private let site: SiteConfiguration
  private let autonomousSystem: Int
  private let interfaces: [String: Int32]
  private let tunnels: [Tunnel]

  /// The configuration for the tunnels whose interfaces are there; nil without EIGRP or any such tunnel.
  init?(_ site: SiteConfiguration, interfaces: [String: Int32]) {
    guard case .eigrp(let autonomousSystem) = site.routing.routingProtocol else { return nil }
    self.site = site
    self.autonomousSystem = autonomousSystem
    self.interfaces = interfaces
    tunnels = site.tunnels.filter { $0.peerIsManaged && interfaces[$0.interface] != nil }
    if tunnels.isEmpty { return nil }
  }

  /// What eigrpd is given at its start.
  var startText: String {
    var lines = FRRLines()
    for tunnel in tunnels { lines.add("! \(tunnel.interface) is interface \(interfaces[tunnel.interface] ?? 0)") }
    render(into: &lines)
    return lines.text
  }

  func render(into lines: inout FRRLines) {
    let tunnelNetworks = tunnels.compactMap { tunnel -> IPPrefix? in
      guard case .numbered(let local, _) = tunnel.addressing else { return nil }
      return local.prefix
    }
    let quiet = site.lans.map(\.interface) + (site.loopbacks.isEmpty ? [] : ["lo"])
    lines.block(
      "router eigrp \(autonomousSystem)",
      ["eigrp router-id \(site.routing.routerID)"]
        + (tunnelNetworks + site.routing.announced).map { "network \($0)" }
        + quiet.map { "passive-interface \($0)" }
        + (site.tunnels.contains(where: \.hasStaticRoutes) ? ["redistribute static"] : []))
    // eigrpd knows an interface's settings only once a network covers it.
    for tunnel in tunnels {
      lines.block(
        "interface \(tunnel.interface)", delay(tunnel) + ["ip hello-interval eigrp 2", "ip hold-time eigrp 8"])
    }
  }

  /// The delay, in tens of microseconds, tells tunnels apart as OSPF's cost does. eigrpd takes an interface down and up
  /// again to set it, which is spared where there is nothing to tell apart.
  private func delay(_ tunnel: Tunnel) -> [String] {
    Set(site.tunnels.map(\.cost)).count > 1 ? ["delay \(tunnel.cost)"] : []
  }
}
