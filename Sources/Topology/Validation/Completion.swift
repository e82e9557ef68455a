import WireFormat

extension Validator {
  /// The finished topology; nil where a value is missing, which has been reported.
  func complete(_ links: [Link]) -> TopologyDocument? {
    guard let name = draft.name?.value, let overlay = draft.overlay else { return nil }
    return TopologyDocument(
      name: name, sites: draft.sites.compactMap(complete(_:)).sorted { $0.name < $1.name }, links: links,
      tunnelAddressing: overlay.pool.map { .numbered(pool: $0.value) } ?? .unnumbered,
      shortcuts: overlay.shortcuts.flatMap { shortcuts(idle: $0.value) },
      measurementMilliseconds: overlay.measurementInterval?.count ?? 1000, liveness: overlay.liveness,
      serviceLevel: overlay.serviceLevel, classes: overlay.classes.map(TrafficClass.init),
      routing: complete(overlay.routing))
  }

  /// Shortcuts are what the defaults say.
  private func shortcuts(idle: Milliseconds) -> ShortcutSetting? {
    guard let ike = draft.ikeProfile(named: nil)?.profile, let ipsec = draft.ipsecProfile(named: nil)?.profile else {
      return nil
    }
    return ShortcutSetting(
      idleSeconds: idle.seconds, ike: ike, ipsec: ipsec, encapsulation: draft.encapsulation,
      authentication: draft.authentication == .psk ? .presharedKey(nil) : .certificate)
  }

  private func complete(_ site: SiteDraft) -> Site? {
    Site(
      name: site.name.value, role: site.role ?? .spoke, isDrained: site.drained?.value ?? false,
      isManaged: site.isManaged, identity: site.identity?.value,
      authorities: (site.authorities ?? []).map(\.value),
      loopbacks: (site.loopbacks ?? []).map(\.value),
      lans: site.lans.compactMap { lan in
        lan.interface.map { LAN(interface: $0.value, addresses: lan.addresses.map(\.value)) }
      },
      uplinks: site.uplinks.enumerated().compactMap { complete($1, index: $0) }, area: site.area?.value)
  }

  /// A third party's uplink has the interface `wanN` where the file does not say, for the lab's sake.
  private func complete(_ uplink: UplinkDraft, index: Int) -> Uplink? {
    guard let name = uplink.name?.value, let address = uplink.address?.value else { return nil }
    let addressing: Uplink.Addressing =
      switch address {
      case .fixed(let fixed): .fixed(fixed, gateway: uplink.gateway?.value ?? fixed.address)
      case .dhcp: .dhcp
      }
    return Uplink(
      name: name, interface: uplink.interface?.value ?? "wan\(index)", addressing: addressing,
      behindNAT: uplink.behindNAT, priority: uplink.priority, weight: uplink.weight?.value ?? 1,
      mtu: uplink.mtu?.value ?? 1500,
      rateKilobits: uplink.rate)
  }

  private func complete(_ routing: RoutingDraft?) -> TopologyDocument.OverlayRouting {
    let routingProtocol: RoutingConfiguration.RoutingProtocol =
      switch routing?.routingProtocol?.value {
      case .ospf: .ospf(area: routing?.area?.value ?? "0")
      case .bgp: .bgp(autonomousSystem: routing?.autonomousSystem?.value ?? 0)
      case .eigrp: .eigrp(autonomousSystem: routing?.autonomousSystem?.value ?? 0)
      case .static, nil: .static
      }
    return TopologyDocument.OverlayRouting(
      routingProtocol: routingProtocol, bfd: routing?.bfd?.value,
      isAuthenticated: routing?.authentication?.value == .md5,
      areas: (routing?.areas ?? []).compactMap(OSPFArea.init).sorted { $0.area < $1.area })
  }
}

extension OSPFArea {
  fileprivate init?(_ draft: AreaDraft) {
    guard let area = draft.area?.value else { return nil }
    self.init(area: area, isStub: draft.stub != nil, summaries: draft.summaries.map(\.value).sorted())
  }
}

extension TrafficClass {
  fileprivate init(_ draft: TrafficClassDraft) {
    self.init(
      name: draft.name.value, codePoints: draft.codePoints.map(\.value).sorted(), sharePercent: draft.share.value,
      isDuplicated: draft.duplicated?.value ?? false, serviceLevel: draft.serviceLevel?.value)
  }
}
