import WireFormat

extension Validator {
  /// Finds the links of the overlay's shape and checks each: both ends exist, agree and can reach each other.
  mutating func checkLinks() -> [Link] {
    guard let overlay = draft.overlay else { return [] }
    checkProfileNames(overlay)
    let settings = checkLinkList(overlay)
    var disagreements: Set<SitePair> = []
    var links: [Link] = []
    for pair in pairs(overlay, settings) {
      guard let first = site(pair.first), let second = site(pair.second) else { continue }
      let setting = settings[pair]
      checkReach(first, second, setting)
      checkSelectors(first, second, setting)
      checkAreas(of: first, second)
      let ike = agreed(
        draft.ikeProfile(named: setting?.ike ?? first.ike), draft.ikeProfile(named: setting?.ike ?? second.ike),
        at: [first.ike, second.ike], &disagreements)
      let ipsec = agreed(
        draft.ipsecProfile(named: setting?.ipsec ?? first.ipsec),
        draft.ipsecProfile(named: setting?.ipsec ?? second.ipsec), at: [first.ipsec, second.ipsec], &disagreements)
      guard let ike, let ipsec else { continue }
      links.append(
        Link(
          sites: pair, ike: ike, ipsec: ipsec, encapsulation: setting?.encapsulation ?? draft.encapsulation,
          selectors: setting?.selectors?.value ?? .any, authentication: authentication(of: first, second, setting),
          bgp: setting?.bgp?.peering,
          postQuantumKey: postQuantumKey(setting, ike)))
    }
    return links
  }

  /// The pairs that the overlay's shape links. Two third parties' gateways are none of Fabric's business.
  private mutating func pairs(_ overlay: OverlayDraft, _ settings: [SitePair: LinkDraft]) -> [SitePair] {
    guard let shape = overlay.shape else { return [] }
    if shape.value == .custom { return settings.keys.sorted() }
    let hubs = Set(draft.sites.filter { $0.role == .hub }.map(\.name.value))
    if shape.value == .hubAndSpoke, hubs.isEmpty, !draft.sites.contains(where: { $0.role == nil }) {
      report(shape.position, "hub-and-spoke needs a hub, but no site has `role: hub`", "add `role: hub` to one site")
    }
    var pairs: [SitePair] = []
    for (index, first) in draft.sites.enumerated() {
      for second in draft.sites[(index + 1)...] where first.isManaged || second.isManaged {
        let pair = SitePair(first.name.value, second.name.value)
        if shape.value == .fullMesh || hubs.contains(pair.first) || hubs.contains(pair.second) { pairs.append(pair) }
      }
    }
    for (pair, link) in settings where !pairs.contains(pair) {
      report(
        link.position, "\(shape.value.rawValue) does not link `\(pair.first)` and `\(pair.second)`",
        "remove these settings, or write `shape: custom` and list every link")
    }
    return pairs.sorted()
  }

  /// The settings of single links, each of two known sites and of no other entry's pair.
  private mutating func checkLinkList(_ overlay: OverlayDraft) -> [SitePair: LinkDraft] {
    if overlay.shape?.value == .custom, overlay.links.isEmpty {
      report(
        overlay.position, "a custom overlay needs `links`", "list them, such as `links: [{ between: [hq, berlin] }]`")
    }
    var settings: [SitePair: LinkDraft] = [:]
    for link in overlay.links {
      for name in link.between where site(name.value) == nil { reportUnknownSite(name) }
      guard let pair = link.pair else {
        report(link.position, "a link is between two different sites", "write `between: [hq, berlin]`")
        continue
      }
      if let other = settings[pair] {
        report(
          link.position,
          "`\(pair.first)` and `\(pair.second)` are already linked on line \(other.position.line)",
          "list each pair once")
        continue
      }
      if let first = site(pair.first), let second = site(pair.second), !first.isManaged, !second.isManaged {
        report(link.position, "neither `\(pair.first)` nor `\(pair.second)` is managed by Fabric", "remove the link")
      }
      settings[pair] = link
    }
    checkPresharedKeys(overlay.links)
    checkPostQuantumKeys(overlay.links)
    return settings
  }

  private mutating func reportUnknownSite(_ name: Located<String>) {
    let near = NearestName.of(name.value, among: draft.sites.map(\.name.value))
    report(
      name.position, "there is no site `\(name.value)`",
      near.map { "did you mean `\($0)`?" } ?? "define it under `sites`")
  }

  /// At least one pair of uplinks can talk: of one family, and one of them reachable without having spoken first.
  private mutating func checkReach(_ first: SiteDraft, _ second: SiteDraft, _ setting: LinkDraft?) {
    // A line whose address cannot be read has been reported, and might have been the one.
    guard !first.uplinks.isEmpty, !second.uplinks.isEmpty,
      (first.uplinks + second.uplinks).allSatisfy({ $0.address != nil })
    else { return }
    let together = first.uplinks.flatMap { one in second.uplinks.map { (one, $0) } }
    guard !together.contains(where: { UplinkDraft.canTalk($0, $1) }) else { return }
    let names = "`\(first.name.value)` and `\(second.name.value)`"
    let position = setting?.position ?? second.name.position
    if together.contains(where: { $0.family == $1.family }) {
      report(
        position, "\(names) cannot be linked: both ends are behind NAT or leased, so neither can be called",
        "give one of them a fixed public address, or link both to a hub")
    } else {
      report(
        position, "\(names) cannot be linked: one end has only IPv4 uplinks, the other only IPv6",
        "give one of them an uplink of the other family")
    }
  }

  /// Selectors of single networks are for policy-based third parties: our own gateways route what they learn.
  private mutating func checkSelectors(_ first: SiteDraft, _ second: SiteDraft, _ setting: LinkDraft?) {
    guard let selectors = setting?.selectors, selectors.value == .lans else { return }
    if first.isManaged, second.isManaged {
      report(
        selectors.position, "`selectors: lans` is for third parties' gateways, and Fabric runs both of these",
        "remove it: what goes into a tunnel between them is decided by routing")
    }
    for site in [first, second] where site.lans.isEmpty {
      report(
        selectors.position, "`selectors: lans` needs LANs at both ends, and `\(site.name.value)` has none",
        "give it `lans`, or remove `selectors`")
    }
  }

  private mutating func agreed<Profile: Agreeing>(
    _ first: (name: String, profile: Profile)?, _ second: (name: String, profile: Profile)?,
    at places: [Located<String>?], _ disagreements: inout Set<SitePair>
  ) -> Profile? {
    guard let first, let second else { return nil }
    if first.name == second.name { return first.profile }
    switch first.profile.agreement(with: second.profile) {
    case .success(let profile): return profile
    case .failure(let disagreement):
      let names = SitePair("\(Profile.phase) \(first.name)", "\(Profile.phase) \(second.name)")
      guard disagreements.insert(names).inserted, let place = places.compactMap(\.self).last else { return nil }
      let theirs = disagreement.second.isEmpty ? "none" : disagreement.second.joined(separator: ", ")
      let ours = disagreement.first.isEmpty ? "none" : disagreement.first.joined(separator: ", ")
      report(
        place.position,
        "\(Profile.phase) could never agree: no \(disagreement.what) in common (`\(first.name)` has \(ours); "
          + "`\(second.name)` has \(theirs))",
        "give both profiles one \(disagreement.what) in common")
      return nil
    }
  }
}

extension UplinkDraft {
  /// Whether a tunnel between the two uplinks can come up.
  static func canTalk(_ one: UplinkDraft, _ other: UplinkDraft) -> Bool {
    one.address != nil && other.address != nil && one.family == other.family && (one.isReachable || other.isReachable)
  }
}
