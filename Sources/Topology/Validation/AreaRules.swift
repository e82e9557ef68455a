import WireFormat

extension Validator {
  /// Areas meet in the backbone and nowhere else (RFC 2328 section 3).
  mutating func checkAreas(_ overlay: OverlayDraft, _ routingProtocol: RoutingProtocolName) {
    let backbone = TopologyDocument.OverlayRouting.backbone
    for site in draft.sites {
      guard let area = site.area else { continue }
      checkMeaning(of: area, "`area` has no meaning", with: routingProtocol, belongsTo: [.ospf])
      if !site.isManaged {
        report(area.position, "a third party's gateway speaks no OSPF with us", "leave `area` out")
      } else if routingProtocol == .ospf, overlayArea != backbone, area.value != overlayArea {
        report(
          area.position, "areas meet in the backbone, but the overlay's area is \(overlayArea)",
          "write `area: 0` under `routing`")
      }
    }
    checkAreaSettings(overlay.routing?.areas ?? [], routingProtocol)
  }

  /// A tunnel is in one area: that of both its ends, or of the one end that is not in the backbone.
  mutating func checkAreas(of first: SiteDraft, _ second: SiteDraft) {
    if first.isManaged != second.isManaged { checkStub(between: first, second) }
    let backbone = TopologyDocument.OverlayRouting.backbone
    guard let one = first.area, let other = second.area, one.value != other.value,
      ![one.value, other.value].contains(backbone)
    else { return }
    report(
      other.position,
      "`\(first.name.value)` is in area \(one.value) and `\(second.name.value)` in area \(other.value), "
        + "but they are linked",
      "give both the same area, or one of them area 0")
  }

  /// The area of sites that name none.
  private var overlayArea: String {
    draft.overlay?.routing?.area?.value ?? TopologyDocument.OverlayRouting.backbone
  }

  /// Our own sites whose networks are in an area.
  func sites(inArea area: String) -> [SiteDraft] {
    draft.sites.filter { $0.isManaged && ($0.area?.value ?? overlayArea) == area }
  }

  private mutating func checkAreaSettings(_ areas: [AreaDraft], _ routingProtocol: RoutingProtocolName) {
    guard let first = areas.first else { return }
    let reason = routingProtocol == .eigrp ? ": FRR's eigrpd takes summaries and does nothing with them" : ""
    checkMeaning(
      of: Located(value: first, position: first.position), "`areas` has no meaning", with: routingProtocol,
      belongsTo: [.ospf], because: reason)
    guard routingProtocol == .ospf else { return }
    var seen: Set<String> = []
    for setting in areas {
      guard let area = setting.area else { continue }
      if !seen.insert(area.value).inserted {
        report(area.position, "the settings of area \(area.value) are there already", "list each area once")
      }
      let members = sites(inArea: area.value)
      guard !members.isEmpty else {
        report(area.position, "no site is in area \(area.value)", "write `area: \(area.value)` at those that are")
        continue
      }
      checkSummaries(setting, members)
      if let stub = setting.stub, area.value == TopologyDocument.OverlayRouting.backbone {
        report(
          stub.position, "the backbone cannot be a stub area", "remove `stub`, or move its sites to another area")
      }
    }
  }

  /// Summaries are for other areas, of which there must be one.
  private mutating func checkSummaries(_ setting: AreaDraft, _ members: [SiteDraft]) {
    if setting.summaries.isEmpty, setting.stub == nil {
      report(setting.position, "this area is asked for nothing", "add `summaries`, or `stub: true`")
    }
    if let summary = setting.summaries.first, members.count == draft.sites.count(where: \.isManaged) {
      report(
        summary.position, "all sites are in this area, so nobody hears of its summaries",
        "remove `summaries`, or give sites other areas")
    }
    checkSummaries(setting.summaries, of: members, what: "of the area")
  }

  /// A summary stands for something, and is of the family that the protocol carries.
  mutating func checkSummaries(_ summaries: [Located<IPPrefix>], of sites: [SiteDraft], what: String) {
    for summary in summaries {
      if summary.value.address.family == .v6 {
        report(summary.position, "only IPv4 networks are summarized", "remove it")
      } else if !sites.flatMap(\.networks).contains(where: { summary.value.contains($0.value) }) {
        report(summary.position, "no network \(what) is in \(summary.value)", "write a prefix that holds one")
      }
    }
  }

  /// A stub area takes no external routes, from without or from within (RFC 2328 section 3.6).
  private mutating func checkStub(between first: SiteDraft, _ second: SiteDraft) {
    let (ours, third) = first.isManaged ? (first, second) : (second, first)
    let area = ours.area?.value ?? overlayArea
    guard let setting = draft.overlay?.routing?.areas.first(where: { $0.area?.value == area }), let stub = setting.stub
    else { return }
    report(
      stub.position,
      "OSPF would tell nobody in the stub area \(area) of `\(third.name.value)`, which `\(ours.name.value)` is linked to",
      "remove `stub`, or link `\(third.name.value)` to a site of the backbone")
  }
}
