import WireFormat

extension Validator {
  /// Each uplink makes sense by itself.
  mutating func checkUplinks() {
    for site in draft.sites {
      for uplink in site.uplinks {
        if site.isManaged, uplink.interface == nil {
          report(uplink.position, "an uplink needs `interface`", UplinkKey.interface.field.documentation)
        }
        checkGateway(of: uplink, at: site)
        checkWeight(of: uplink, at: site)
      }
    }
  }

  private mutating func checkWeight(of uplink: UplinkDraft, at site: SiteDraft) {
    guard let weight = uplink.weight, site.uplinks.count(where: { $0.priority == uplink.priority }) < 2 else { return }
    report(
      weight.position,
      "`weight` has no meaning: no other uplink of `\(site.name.value)` has priority \(uplink.priority)",
      "give the uplinks that share traffic the same priority, or leave `weight` out")
  }

  private mutating func checkGateway(of uplink: UplinkDraft, at site: SiteDraft) {
    guard let address = uplink.address else { return }
    guard let fixed = uplink.fixedAddress?.value else {
      if let gateway = uplink.gateway {
        report(gateway.position, "a `dhcp` uplink learns its gateway from the lease", "leave `gateway` out")
      }
      return
    }
    guard let gateway = uplink.gateway else {
      if site.isManaged {
        let example =
          fixed.prefix.contains(fixed.address.advanced(by: 1) ?? fixed.address)
          ? fixed.address.advanced(by: 1) : fixed.prefix.address.advanced(by: 1)
        report(
          address.position, "the fixed address `\(fixed)` needs a `gateway`",
          example.map { "write `gateway:` and the ISP's router, such as `\($0)`" })
      }
      return
    }
    if gateway.value == fixed.address {
      report(gateway.position, "the gateway `\(gateway.value)` is the uplink's own address", "write the ISP's router")
    } else if gateway.value.family != fixed.address.family {
      report(
        gateway.position, "the gateway `\(gateway.value)` is of another address family than `\(fixed)`",
        "write a gateway in \(fixed.prefix)")
    } else if !fixed.prefix.contains(gateway.value) {
      report(
        gateway.position, "the gateway `\(gateway.value)` is outside of the uplink's network \(fixed.prefix)",
        "write a gateway in \(fixed.prefix), or correct the prefix length")
    }
  }
}
