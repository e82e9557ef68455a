import Topology
import WireFormat

/// EIGRP over numbered tunnels.
///
/// FRR's eigrpd accepts `summary`, `split-horizon`, `neighbor`, `timers active-time` and `redistribute … route-map` and
/// does nothing with them: none is used here.
struct EIGRPConfiguration {
  private let site: SiteConfiguration
  private let autonomousSystem: Int

  init(_ site: SiteConfiguration, autonomousSystem: Int) {
    self.site = site
    self.autonomousSystem = autonomousSystem
  }

  func render(into lines: inout FRRLines) {
    let tunnels = site.tunnels.filter(\.peerIsManaged)
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
        + (site.tunnels.contains { !$0.peerIsManaged } ? ["redistribute static"] : []))
    // eigrpd knows an interface's settings only once a network covers it. The delay, in tens of microseconds, tells
    // tunnels apart as OSPF's cost does.
    for tunnel in tunnels {
      lines.block(
        "interface \(tunnel.interface)",
        ["delay \(tunnel.cost)", "ip hello-interval eigrp 2", "ip hold-time eigrp 8"])
    }
  }
}
