import WireFormat

/// A site in words, for plans.
enum SiteDescription {
  /// What a new site brings.
  static func summary(of site: SiteConfiguration) -> [String] {
    facts(of: site).filter { !$0.name.hasPrefix("protected") }.map { "\($0.name): \($0.value)" }
  }

  /// Everything of the site itself, not of its tunnels.
  static func facts(of site: SiteConfiguration) -> [Comparison.Fact] {
    var facts = [Comparison.Fact("topology", site.topology)]
    if !site.loopbacks.isEmpty { facts.append(.init("loopback", list(site.loopbacks))) }
    facts += site.lans.map { .init("LAN \($0.interface)", list($0.addresses)) }
    for uplink in site.uplinks { facts.append(.init("uplink \(uplink.name)", text(of: uplink))) }
    facts.append(.init("routing", text(of: site.routing)))
    facts += site.routing.areas.map { area in
      .init("ospf area \(area.area)", "\(area.isStub ? "stub, " : "")summaries \(list(area.summaries))")
    }
    if !site.shortcutPeers.isEmpty { facts.append(.init("shortcuts to", list(site.shortcutPeers.map(\.site)))) }
    facts += site.classes.map { .init("class \($0.name)", text(of: $0)) }
    facts.append(.init("measurement interval", "\(site.measurementMilliseconds) ms"))
    facts.append(.init("router id", site.routing.routerID.description))
    facts.append(.init("protected networks", list(site.routing.protected)))
    return facts
  }

  private static func text(of trafficClass: TrafficClass) -> String {
    "\(trafficClass.sharePercent) % for DSCP \(list(trafficClass.codePoints))"
      + (trafficClass.isDuplicated ? ", sent twice" : "")
      + (trafficClass.serviceLevel.map { ", by tunnels with \($0.text)" } ?? "")
  }

  private static func text(of uplink: Uplink) -> String {
    let address =
      switch uplink.addressing {
      case .fixed(let address, let gateway): "\(address) via \(gateway)"
      case .dhcp: "dhcp"
      }
    let weight = uplink.weight == 1 ? "" : ", weight \(uplink.weight)"
    let nat = uplink.behindNAT ? ", behind NAT" : ""
    return "\(uplink.interface), \(address)\(nat), priority \(uplink.priority)\(weight), mtu \(uplink.mtu)"
      + (uplink.rateKilobits.map { ", rate \($0)kbit" } ?? "")
  }

  private static func text(of routing: RoutingConfiguration) -> String {
    let name =
      switch routing.routingProtocol {
      case .static: "static"
      case .ospf(let area): "ospf, area \(area)"
      case .bgp(let system): "bgp, autonomous system \(system)"
      case .eigrp(let system): "eigrp, autonomous system \(system)"
      }
    let transit = routing.isTransit ? ", transit" : ""
    return name + transit + (routing.bfd.map { ", bfd \($0.intervalMilliseconds)ms × \($0.multiplier)" } ?? "")
  }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    values.isEmpty ? "none" : values.map(\.description).joined(separator: ", ")
  }
}

/// A tunnel in words, for plans.
enum TunnelDescription {
  /// What a new tunnel is.
  static func summary(of tunnel: Tunnel) -> [String] {
    let peer = tunnel.remoteAddress?.description ?? "an address yet unknown"
    let facts = facts(of: tunnel).filter {
      ["ike encryption", "ipsec encryption", "addressing", "cost"].contains($0.name)
    }
    return ["\(tunnel.interface) over \(tunnel.uplink) to \(tunnel.peerSite) at \(peer)"]
      + facts.map { "\($0.name): \($0.value)" }
  }

  /// What differs between two revisions of a tunnel; of the key only that it does.
  static func details(from old: Tunnel, to new: Tunnel) -> [String] {
    Comparison.details(facts(of: old), facts(of: new))
      + (replacesKey(old, new) ? ["pre-shared key: replaced"] : [])
      + (old.ospfKey == new.ospfKey || old.ospfKey == nil || new.ospfKey == nil ? [] : ["ospf key: replaced"])
      + (old.bgp?.password == new.bgp?.password ? [] : ["bgp password: replaced"])
      + (old.postQuantumKey == new.postQuantumKey ? [] : ["post-quantum key: replaced"])
  }

  private static func replacesKey(_ old: Tunnel, _ new: Tunnel) -> Bool {
    guard let before = old.authentication.presharedKey, let after = new.authentication.presharedKey else {
      return false
    }
    return before != after
  }

  private static func text(of authentication: TunnelAuthentication) -> String {
    switch authentication {
    case .presharedKey: "pre-shared key"
    case .certificate(.network): "certificate"
    case .certificate(.thirdParty(let authorities)): "certificate of \(authorities.count) other authorities"
    }
  }

  private static func text(of selectors: Tunnel.Selectors) -> String {
    switch selectors {
    case .any: "any"
    case .networks(let local, let remote): "\(list(local)) to \(list(remote))"
    }
  }

  private static func facts(of tunnel: Tunnel) -> [Comparison.Fact] {
    let addressing =
      switch tunnel.addressing {
      case .unnumbered: "unnumbered"
      case .numbered(let local, let peer): "\(local), peer \(peer)"
      }
    return [
      .init("interface", tunnel.interface), .init("addressing", addressing), .init("uplink", tunnel.uplink),
      .init(
        "peer site",
        "\(tunnel.peerSite)\(tunnel.peerIsManaged ? "" : ", not managed by Fabric")\(tunnel.peerIsTransit ? ", transit" : "")"
      ),
      .init("peer loopback", list(tunnel.peerLoopbacks)), .init("peer networks", list(tunnel.peerPrefixes)),
      .init("peer address", tunnel.remoteAddress?.description ?? "unknown"),
      .init("initiates", tunnel.initiates ? "yes" : "no"), .init("local identity", tunnel.localIdentity),
      .init("peer identity", tunnel.remoteIdentity), .init("encapsulation", tunnel.encapsulation.rawValue),
      .init("authentication", text(of: tunnel.authentication)), .init("cost", "\(tunnel.cost)"),
      .init("weight", "\(tunnel.weight)"),
      .init("ospf area", tunnel.ospfArea ?? "none"),
      .init("ospf authentication", tunnel.ospfKey == nil ? "none" : "md5"),
      .init("liveness", tunnel.liveness.map { "\($0.intervalMilliseconds)ms × \($0.multiplier)" } ?? "none"),
      .init("service level", tunnel.serviceLevel?.text ?? "none"),
      .init("selectors", text(of: tunnel.selectors)),
      .init("redirect", tunnel.redirect?.description ?? "none"),
    ] + (tunnel.bgp.map(facts(of:)) ?? []) + facts(of: tunnel.ike) + facts(of: tunnel.ipsec)
  }

  private static func facts(of bgp: BGPPeering) -> [Comparison.Fact] {
    [
      .init("bgp autonomous system", "\(bgp.autonomousSystem)"),
      .init("bgp maximum prefixes", "\(bgp.maximumPrefixes)"), .init("bgp communities", list(bgp.communities)),
      .init("bgp summaries", list(bgp.summaries)),
    ]
  }

  private static func facts(of ike: IKEProfile) -> [Comparison.Fact] {
    [
      .init("ike encryption", list(ike.encryption)), .init("ike integrity", list(ike.integrity)),
      .init("ike prf", list(ike.prf)), .init("ike dhGroups", list(ike.dhGroups)),
      .init("ike postQuantum", ike.postQuantum?.text ?? "off"),
      .init("ike ppk", ike.postQuantumKey?.rawValue ?? "off"),
      .init("ike lifetime", "\(ike.lifetimeSeconds)s"), .init("dpd interval", "\(ike.dpdSeconds)s"),
    ]
  }

  private static func facts(of ipsec: IPsecProfile) -> [Comparison.Fact] {
    [
      .init("ipsec encryption", list(ipsec.encryption)), .init("ipsec integrity", list(ipsec.integrity)),
      .init("ipsec esn", ipsec.extendedSequenceNumbers ? "yes" : "no"), .init("ipsec pfs", list(ipsec.pfs)),
      .init("ipsec lifetime", "\(ipsec.lifetimeSeconds)s"),
      .init("ipsec lifetime bytes", ipsec.lifetimeBytes.map(String.init) ?? "no limit"),
      .init("ipsec replayWindow", "\(ipsec.replayWindow)"),
    ]
  }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    values.isEmpty ? "none" : values.map(\.description).joined(separator: ", ")
  }
}

extension ServiceLevelLimits {
  fileprivate var text: String {
    let limits = [
      lossPercent.map { "loss \($0) %" }, latencyMilliseconds.map { "latency \($0)ms" },
      jitterMilliseconds.map { "jitter \($0)ms" }, "hold \(holdSeconds)s",
    ]
    return limits.compactMap(\.self).joined(separator: ", ")
  }
}

extension PostQuantumProfile {
  fileprivate var text: String {
    (isRequired ? "require " : "prefer ") + additionalKeyExchanges.joined(separator: ", ")
  }
}
