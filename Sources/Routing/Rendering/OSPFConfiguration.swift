import Foundation
import Topology
import WireFormat

/// OSPF version 2 over the tunnels: point-to-point, so that it needs no addresses of its own there.
struct OSPFConfiguration {
  private let site: SiteConfiguration
  private let area: String

  init(_ site: SiteConfiguration, area: String) {
    self.site = site
    self.area = area
  }

  func render(into lines: inout FRRLines) {
    if let bfd = site.routing.bfd { BFDProfile.render(bfd, into: &lines) }
    for tunnel in site.tunnels where tunnel.peerIsManaged {
      lines.block("interface \(tunnel.interface)", speaking(tunnel))
    }
    for interface in site.lans.map(\.interface) + (site.loopbacks.isEmpty ? [] : ["lo"]) {
      lines.block("interface \(interface)", ["ip ospf area \(area)", "ip ospf passive"])
    }
    lines.block(
      "router ospf",
      [
        "ospf router-id \(site.routing.routerID)", "log-adjacency-changes",
        // The first change at once, then with care (milliseconds). What a neighbour may send must not arrive too early.
        "timers throttle spf 0 50 2000", "timers throttle lsa all 50", "timers lsa min-arrival 20",
      ] + site.routing.areas.flatMap(settings(of:))
        + (site.tunnels.contains(where: \.hasStaticRoutes) ? ["redistribute static"] : []))
  }

  /// Every router of a stub area knows that it is one; summaries are made at its border (RFC 2328 sections 3.5, 3.6).
  private func settings(of area: OSPFArea) -> [String] {
    let isBorder = Set(site.tunnels.compactMap(\.ospfArea) + [self.area]).count > 1
    return (isBorder ? area.summaries.map { "area \(area.area) range \($0)" } : [])
      + (area.isStub ? ["area \(area.area) stub"] : [])
  }

  /// The sixteen characters of a key that OSPF has room for (RFC 2328 appendix D.3): 96 bits of it.
  private static func text(of key: PresharedKey) -> String {
    Data(key.bytes.prefix(12)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
  }

  private func speaking(_ tunnel: Tunnel) -> [String] {
    var lines = [
      "ip ospf network point-to-point", "ip ospf area \(tunnel.ospfArea ?? area)", "ip ospf cost \(tunnel.cost)",
      // A lost neighbour is noticed in 8 seconds where there is no BFD.
      "ip ospf hello-interval 2", "ip ospf dead-interval 8",
      // The first router LSA is often refused as too recent; the next one need not wait for 5 seconds.
      "ip ospf retransmit-interval 1",
      // The two ends may know different MTUs: each only that of its own line.
      "ip ospf mtu-ignore",
    ]
    if let key = tunnel.ospfKey {
      lines += [
        "ip ospf authentication message-digest", "ip ospf message-digest-key 1 md5 \(OSPFConfiguration.text(of: key))",
      ]
    }
    if site.routing.bfd != nil {
      lines += ["ip ospf bfd", "ip ospf bfd profile \(BFDProfile.name)"]
    }
    return lines
  }
}
