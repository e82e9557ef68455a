import WireFormat

extension Validator {
  /// BGP with a third party's gateway is asked for where it can be, and its session has addresses.
  mutating func checkPeerings() {
    guard let overlay = draft.overlay else { return }
    for link in overlay.links {
      guard let bgp = link.bgp, let first = link.pair.flatMap({ site($0.first) }),
        let second = link.pair.flatMap({ site($0.second) })
      else { continue }
      if first.isManaged, second.isManaged {
        report(
          bgp.position, "`bgp` is for a third party's gateway; our own peer by themselves",
          "leave it out, or add `managed: false` to one of the sites")
      }
      checkAutonomousSystems(bgp, overlay)
      checkPeeringAddresses(bgp, tunnels: UplinkDraft.tunnels(first, second), overlay)
      checkPeeringSelectors(link)
      checkSummaries(bgp.summaries, of: sites(announcedOver: link), what: "of ours")
    }
  }

  /// All but the third party at the end of a link.
  func sites(announcedOver link: LinkDraft) -> [SiteDraft] {
    draft.sites.filter { site in site.isManaged || !link.between.contains { $0.value == site.name.value } }
  }

  private mutating func checkAutonomousSystems(_ bgp: BGPDraft, _ overlay: OverlayDraft) {
    let routing = overlay.routing
    if routing?.routingProtocol?.value != .bgp {
      report(
        bgp.position, "a link has BGP only where the overlay has it",
        "write `routing: { protocol: bgp, autonomousSystem: 65000 }`")
    }
    if let theirs = bgp.autonomousSystem, theirs.value == routing?.autonomousSystem?.value {
      report(
        theirs.position, "\(theirs.value) is the overlay's own autonomous system", "write the third party's")
    }
  }

  /// With selectors for the LANs alone, the session's own addresses would not pass.
  private mutating func checkPeeringSelectors(_ link: LinkDraft) {
    guard let selectors = link.selectors, selectors.value == .lans else { return }
    report(
      selectors.position, "`selectors: lans` lets no BGP session through: its addresses are in none of the LANs",
      "remove it, or leave `bgp` out: the third party's `lans` are then routed statically")
  }

  private mutating func checkPeeringAddresses(_ bgp: BGPDraft, tunnels: Int, _ overlay: OverlayDraft) {
    if let address = bgp.address, tunnels > 1 {
      report(
        address.position, "the link has \(tunnels) tunnels, and this address can be in one of them only",
        "define the third party's gateway once per uplink, or leave `address` out and write `tunnels: { pool: … }`")
    }
    if !bgp.hasAddress, overlay.pool == nil {
      report(
        bgp.position, "the BGP session needs addresses in the tunnel",
        "add `address:` and ours, such as `169.254.10.2/30`")
    }
  }
}

extension UplinkDraft {
  /// How many tunnels two sites have between them.
  static func tunnels(_ first: SiteDraft, _ second: SiteDraft) -> Int {
    first.uplinks.reduce(0) { sum, one in sum + second.uplinks.count { canTalk(one, $0) } }
  }
}

extension BGPDraft {
  /// The finished peering; nil where a value is missing, which has been reported.
  var peering: BGPPeering? {
    guard let autonomousSystem else { return nil }
    return BGPPeering(
      autonomousSystem: autonomousSystem.value, addressing: addressing,
      password: password.map { PresharedKey(bytes: Array($0.utf8)) }, maximumPrefixes: maximumPrefixes,
      communities: communities, summaries: summaries.map(\.value))
  }

  /// In a network of two hosts, who is not us is the peer.
  private var addressing: Tunnel.Addressing? {
    guard let local = address?.value else { return nil }
    let first = local.length == 31 ? local.prefix.address : local.prefix.address.advanced(by: 1)
    guard let first, let second = first.advanced(by: 1) else { return nil }
    return .numbered(local: local, peer: local.address == first ? second : first)
  }
}
