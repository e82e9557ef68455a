import WireFormat

/// A piece of address space that the topology uses.
private struct Claim {
  enum Use: Equatable {
    case network(of: String)
    case uplink, pool
    /// Stands for networks of these sites.
    case summary(of: Set<String>)
  }

  let use: Use
  let prefix: Located<IPPrefix>
  let text: String

  /// Two uplinks may sit in one ISP's network, and networks in their summary; everything else has its addresses for
  /// itself.
  func conflicts(with other: Claim) -> Bool {
    switch (use, other.use) {
    case (.uplink, .uplink): false
    case (.summary(let sites), .network(let site)), (.network(let site), .summary(let sites)): !sites.contains(site)
    case (.summary(let sites), .summary(let others)): sites.isDisjoint(with: others)
    default: true
    }
  }
}

extension Validator {
  /// LANs, loopbacks, uplinks and the tunnel pool do not overlap, and no address is used twice.
  mutating func checkAddresses() {
    // Networks are disjoint or nested. In this order every network comes after those around it.
    let claims = draft.sites.flatMap(claims(of:)) + tunnelClaims + summaryClaims
    let ordered = claims.sorted {
      ($0.prefix.value, $0.prefix.position) < ($1.prefix.value, $1.prefix.position)
    }
    var around: [Claim] = []
    for claim in ordered {
      while let last = around.last, !last.prefix.value.contains(claim.prefix.value) { around.removeLast() }
      if let other = around.last(where: { $0.conflicts(with: claim) }) { reportOverlap(claim, other) }
      around.append(claim)
    }
    checkUplinkAddresses()
  }

  private func claims(of site: SiteDraft) -> [Claim] {
    let name = site.name.value
    let lans = site.lans.flatMap(\.addresses).map { address in
      Claim(
        use: .network(of: name), prefix: address.map(\.prefix), text: "the LAN \(address.value.prefix) of `\(name)`")
    }
    let loopbacks = (site.loopbacks ?? []).map { address in
      Claim(
        use: .network(of: name), prefix: address.map(IPPrefix.init(host:)),
        text: "the loopback \(address.value) of `\(name)`")
    }
    let uplinks = site.uplinks.compactMap { uplink in
      uplink.fixedAddress.map { address in
        Claim(
          use: .uplink, prefix: address.map(\.prefix),
          text: "the network \(address.value.prefix) of the uplink `\(uplink.name?.value ?? "?")` of `\(name)`")
      }
    }
    return lans + loopbacks + uplinks
  }

  private var tunnelClaims: [Claim] {
    let pool = draft.overlay?.pool.map { Claim(use: .pool, prefix: $0, text: "the tunnel pool \($0.value)") }
    let peerings = (draft.overlay?.links ?? []).compactMap { link in
      link.bgp?.address.map { address in
        Claim(use: .pool, prefix: address.map(\.prefix), text: "the tunnel network \(address.value.prefix)")
      }
    }
    return [pool].compactMap(\.self) + peerings
  }

  /// Packets for the rest of a summary are dropped, so nothing else may be in it.
  private var summaryClaims: [Claim] {
    let areas = (draft.overlay?.routing?.areas ?? []).flatMap { setting in
      let members = Set(sites(inArea: setting.area?.value ?? "").map(\.name.value))
      return setting.summaries.map { claim($0, standingFor: members) }
    }
    let peerings = (draft.overlay?.links ?? []).flatMap { link in
      let announced = Set(sites(announcedOver: link).map(\.name.value))
      return (link.bgp?.summaries ?? []).map { claim($0, standingFor: announced) }
    }
    return areas + peerings
  }

  private func claim(_ summary: Located<IPPrefix>, standingFor sites: Set<String>) -> Claim {
    Claim(use: .summary(of: sites), prefix: summary, text: "the summary \(summary.value)")
  }

  private mutating func reportOverlap(_ one: Claim, _ other: Claim) {
    let (early, late) = one.prefix.position < other.prefix.position ? (one, other) : (other, one)
    let isSame = early.prefix.value == late.prefix.value
    report(
      late.prefix.position,
      "\(late.text) \(isSame ? "is also" : "overlaps") \(early.text) on line \(early.prefix.position.line)",
      "every LAN, loopback and tunnel needs addresses of its own")
  }

  /// Behind a NAT, two sites may well have the same private address.
  private mutating func checkUplinkAddresses() {
    var owners: [IPAddress: (site: String, line: Int)] = [:]
    for site in draft.sites {
      for uplink in site.uplinks where !uplink.behindNAT {
        guard let fixed = uplink.fixedAddress else { continue }
        if let owner = owners[fixed.value.address] {
          report(
            fixed.position,
            "`\(site.name.value)` has the address \(fixed.value.address) of `\(owner.site)` on line \(owner.line)",
            "give each uplink an address of its own")
        } else {
          owners[fixed.value.address] = (site.name.value, fixed.position.line)
        }
      }
    }
  }

  /// A third party's gateway says enough of itself that the peer can be known.
  mutating func checkThirdParties() {
    for site in draft.sites {
      if site.isManaged {
        guard let identity = site.identity else { continue }
        report(
          identity.position, "Fabric names its own gateways; `identity` is for a third party's",
          "leave it out, or add `managed: false`")
      } else if site.identity == nil, site.uplinks.contains(where: { !$0.isReachable }) {
        report(
          site.name.position, "the third party's gateway `\(site.name.value)` has no address to be known by",
          "add `identity:` and what it calls itself, such as `gateway.example.com`")
      } else if let identity = site.identity, site.uplinks.count > 1 {
        report(
          identity.position, "one identity cannot tell the \(site.uplinks.count) uplinks of `\(site.name.value)` apart",
          "define the third party's gateway once per uplink")
      }
    }
  }
}
