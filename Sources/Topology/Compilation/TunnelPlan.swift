import WireFormat

/// One end of a tunnel: a site and one of its uplinks.
struct TunnelEnd {
  let site: Site
  let uplink: Uplink

  /// `UPLINK` of `SITE`, as it stands in a tunnel's name.
  var name: String { "\(site.name).\(uplink.name)" }

  /// The line's fixed address, unless a NAT or a lease hides it from the peer.
  var reachableAddress: IPAddress? {
    guard case .fixed(let address, _) = uplink.addressing, !uplink.behindNAT else { return nil }
    return address.address
  }

  /// The family of the line's packets; a leased address is IPv4.
  var family: IPAddress.Family {
    guard case .fixed(let address, _) = uplink.addressing else { return .v4 }
    return address.address.family
  }

  /// What the end proves in IKE. A third party's gateway goes by its address unless the topology says otherwise.
  func identity(in topology: String) -> String {
    if !site.isManaged, let identity = site.identity ?? reachableAddress?.description { return identity }
    return "\(uplink.name).\(site.name).\(topology)"
  }
}

/// A tunnel before it is split into its two ends' views.
struct TunnelPlan {
  let link: Link
  /// The end at the alphabetically first site.
  let first: TunnelEnd
  /// The end at the other site.
  let second: TunnelEnd

  /// The tunnels of a link: one for each two uplinks of one family of which at least one can be called.
  static func all(of link: Link, first: Site, second: Site) -> [TunnelPlan] {
    first.uplinks.flatMap { one in
      second.uplinks.compactMap { other in
        let plan = TunnelPlan(
          link: link, first: TunnelEnd(site: first, uplink: one), second: TunnelEnd(site: second, uplink: other))
        let canTalk = plan.first.reachableAddress != nil || plan.second.reachableAddress != nil
        return canTalk && plan.first.family == plan.second.family ? plan : nil
      }
    }
  }

  /// The same at both ends.
  var name: String { "\(first.name)--\(second.name)" }

  /// Ten for each step of priority at either end; more than all of these together where one is drained.
  var cost: Int {
    10 * (first.uplink.priority + second.uplink.priority) + (isDrained ? TunnelPlan.drainedSurcharge : 0)
  }

  /// Whether the tunnel is to carry traffic only where there is no other way.
  var isDrained: Bool { first.site.isDrained || second.site.isDrained }

  /// No path by other hubs costs as much, and OSPF's costs end at 65,535.
  private static let drainedSurcharge = 10_000

  /// The end that is not at `site`.
  func end(beyond site: Site) -> TunnelEnd { first.site.name == site.name ? second : first }

  /// As much of the flows as the uplinks at both ends are to have.
  var weight: Int { first.uplink.weight * second.uplink.weight }

  /// Which end opens the conversation: the one that cannot be called; else Fabric towards a third party; else the
  /// spoke towards its hub; else the alphabetically first.
  var firstInitiates: Bool {
    if first.reachableAddress == nil || second.reachableAddress == nil { return first.reachableAddress == nil }
    if first.site.isManaged != second.site.isManaged { return first.site.isManaged }
    if first.site.role != second.site.role { return first.site.role == .spoke }
    return true
  }
}
