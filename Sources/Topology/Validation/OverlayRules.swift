import WireFormat

extension Validator {
  /// Every site can be reached from every other over the links.
  mutating func checkConnectivity(_ links: [Link]) {
    guard let shape = draft.overlay?.shape, shape.value == .custom, let start = draft.sites.first?.name.value else {
      return
    }
    let reached = LinkGraph(pairs: draft.overlay?.links.compactMap(\.pair) ?? []).distances(from: start)
    for site in draft.sites where reached[site.name.value] == nil {
      report(
        site.name.position, "no chain of links connects `\(site.name.value)` to `\(start)`",
        "add the link that is missing")
    }
  }

  /// The pool has a network for every tunnel.
  mutating func checkPool(_ links: [Link]) {
    guard let pool = draft.overlay?.pool else { return }
    let tunnelLength = pool.value.address.family.bitWidth - 2
    let bits = tunnelLength - pool.value.length
    let capacity = bits < 0 ? 0 : 1 << min(bits, 40)
    var needed = 0
    for link in links {
      let (first, second) = (site(link.sites.first)?.uplinks ?? [], site(link.sites.second)?.uplinks ?? [])
      needed += first.reduce(0) { sum, one in sum + second.count { UplinkDraft.canTalk(one, $0) } }
    }
    guard capacity < max(needed, 1) else { return }
    let length = (0...tunnelLength).last { 1 << min(tunnelLength - $0, 40) >= needed } ?? 0
    report(
      pool.position,
      "the pool \(pool.value) is too small: it has room for \(capacity) of the overlay's \(needed) tunnels",
      "write a pool of /\(length) or larger")
  }

  /// The routing protocol can work on the tunnels as they are.
  mutating func checkRouting() {
    guard let overlay = draft.overlay else { return }
    let routing = overlay.routing
    let routingProtocol = routing?.routingProtocol?.value ?? .static
    checkTunnelAddressing(overlay, routingProtocol)
    if routingProtocol != .ospf, let area = routing?.area {
      report(
        area.position, "`area` has no meaning with \(routingProtocol.rawValue)", "remove it, or write `protocol: ospf`")
    }
    if routingProtocol != .eigrp, let system = routing?.autonomousSystem {
      report(
        system.position, "`autonomousSystem` has no meaning with \(routingProtocol.rawValue)",
        "remove it, or write `protocol: eigrp`")
    }
    if routingProtocol == .eigrp, let routing, !routing.hasAutonomousSystem {
      report(routing.position, "EIGRP needs `autonomousSystem`", "add one, such as `autonomousSystem: 777`")
    }
    if routingProtocol != .ospf, let bfd = routing?.bfd {
      report(
        bfd.position, "BFD has no effect with \(routingProtocol.rawValue): nothing there listens to it",
        "remove it, or write `protocol: ospf`")
    }
    checkInnerFamilies(routingProtocol)
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

  /// OSPF version 2 and FRR's EIGRP carry IPv4 only.
  private mutating func checkInnerFamilies(_ routingProtocol: RoutingProtocolName) {
    guard routingProtocol != .static else { return }
    for site in draft.sites {
      for network in site.networks where network.value.address.family == .v6 {
        report(
          network.position, "\(routingProtocol.rawValue) carries IPv4 routes only, not \(network.value)",
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
