import WireFormat

extension Validator {
  /// The routing protocol has what it needs, nothing that it would ignore, and can work on the tunnels as they are.
  mutating func checkRouting() {
    guard let overlay = draft.overlay else { return }
    let routingProtocol = overlay.routing?.routingProtocol?.value ?? .static
    checkTunnelAddressing(overlay, routingProtocol)
    if let routing = overlay.routing {
      checkAutonomousSystem(routing, routingProtocol)
      checkMeaning(of: routing.area, "`area` has no meaning", with: routingProtocol, belongsTo: [.ospf])
      checkMeaning(
        of: routing.authentication, "`authentication` has no meaning", with: routingProtocol, belongsTo: [.ospf])
      checkMeaning(
        of: routing.bfd, "BFD has no effect", with: routingProtocol, belongsTo: [.ospf, .bgp],
        because: ": nothing there listens to it")
    }
    checkInnerFamilies(routingProtocol, overlay)
    checkAreas(overlay, routingProtocol)
  }

  /// A setting that does nothing is refused.
  mutating func checkMeaning<Value>(
    of setting: Located<Value>?, _ message: String, with routingProtocol: RoutingProtocolName,
    belongsTo others: [RoutingProtocolName], because reason: String = ""
  ) {
    guard let setting, !others.contains(routingProtocol) else { return }
    let remedy = others.map { "`protocol: \($0.rawValue)`" }.joined(separator: " or ")
    report(setting.position, "\(message) with \(routingProtocol.rawValue)\(reason)", "remove it, or write \(remedy)")
  }

  private mutating func checkAutonomousSystem(_ routing: RoutingDraft, _ routingProtocol: RoutingProtocolName) {
    checkMeaning(
      of: routing.autonomousSystem, "`autonomousSystem` has no meaning", with: routingProtocol,
      belongsTo: [.bgp, .eigrp])
    if routingProtocol == .eigrp || routingProtocol == .bgp, !routing.hasAutonomousSystem {
      let example = routingProtocol == .eigrp ? 777 : 65000
      report(
        routing.position, "\(routingProtocol.rawValue.uppercased()) needs `autonomousSystem`",
        "add one, such as `autonomousSystem: \(example)`")
    }
    // RFC 7868 section 6.2: the header has sixteen bits for it.
    if routingProtocol == .eigrp, let system = routing.autonomousSystem, system.value > 65535 {
      report(system.position, "`\(system.value)` is not a number from 1 to 65535, as EIGRP has it")
    }
  }

  private mutating func checkTunnelAddressing(_ overlay: OverlayDraft, _ routingProtocol: RoutingProtocolName) {
    let isNumbered = overlay.pool != nil || overlay.addressing?.value == .numbered
    if let addressing = overlay.addressing {
      if addressing.value == .unnumbered, let pool = overlay.pool {
        report(
          pool.position, "unnumbered tunnels take no addresses from a pool",
          "remove `pool`, or write `addressing: numbered`")
      }
      if addressing.value == .numbered, overlay.pool == nil {
        report(addressing.position, "numbered tunnels need a `pool`", "add one, such as `pool: 172.31.0.0/16`")
      }
    }
    if routingProtocol == .eigrp, !isNumbered || overlay.addressing?.value == .unnumbered, overlay.routing != nil {
      report(
        overlay.addressing?.position ?? overlay.tunnelsPosition ?? overlay.routing?.position ?? overlay.position,
        "EIGRP finds no neighbours over unnumbered tunnels", "write `tunnels: { pool: 172.31.0.0/16 }`")
    }
    if routingProtocol != .static, let pool = overlay.pool, pool.value.address.family == .v6 {
      report(
        pool.position, "\(routingProtocol.rawValue) runs over IPv4, but the pool is IPv6",
        "write a pool such as `172.31.0.0/16`")
    }
    guard !isNumbered else { return }
    for site in draft.sites where site.isManaged && site.loopbacks == nil {
      report(
        site.name.position, "unnumbered tunnels borrow the loopback, but `\(site.name.value)` has none",
        "add one, such as `loopback: 10.255.0.1`, or number the tunnels with `tunnels: { pool: 172.31.0.0/16 }`")
    }
  }

  /// OSPF version 2 and FRR's EIGRP carry IPv4 only; BGP carries IPv6 where its sessions run over IPv6 themselves, which
  /// they do on unnumbered tunnels.
  private mutating func checkInnerFamilies(_ routingProtocol: RoutingProtocolName, _ overlay: OverlayDraft) {
    guard routingProtocol != .static else { return }
    let carriesIPv6 = routingProtocol == .bgp && overlay.pool == nil
    for site in draft.sites {
      for network in site.networks where network.value.address.family == .v6 && !carriesIPv6 {
        report(
          network.position,
          "\(routingProtocol.rawValue) carries IPv4 routes only\(routingProtocol == .bgp ? " over numbered tunnels" : ""), "
            + "not \(network.value)",
          "write `protocol: static`, or remove the IPv6 address")
      }
      if site.isManaged, routingProtocol == .ospf, let loopbacks = site.loopbacks, !loopbacks.isEmpty,
        !loopbacks.contains(where: { $0.value.family == .v4 })
      {
        report(site.name.position, "OSPF needs an IPv4 loopback at `\(site.name.value)`", "add one to `loopback`")
      }
    }
  }
}
