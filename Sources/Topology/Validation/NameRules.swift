extension Validator {
  /// Names and interfaces are used once where they must be unique.
  mutating func checkNames() {
    guard let position = draft.sitesPosition else { return }
    if draft.sites.count < 2 {
      report(position, "a topology connects sites, but there is only \(draft.sites.count)", "add the other site")
    }
    let names = Set(draft.sites.map(\.name.value))
    for site in draft.sites {
      // `fabric lab exec SITE-host` runs in the host behind SITE.
      let owner = site.name.value.hasSuffix("-host") ? String(site.name.value.dropLast("-host".count)) : nil
      if let owner, names.contains(owner) {
        report(
          site.name.position, "in the lab, `\(site.name.value)` is the host of the site `\(owner)`", "rename the site")
      }
      checkUplinkNames(of: site)
      checkInterfaces(of: site)
    }
  }

  private mutating func checkUplinkNames(of site: SiteDraft) {
    var lines: [String: Int] = [:]
    for name in site.uplinks.compactMap(\.name) {
      if let line = lines[name.value] {
        report(
          name.position, "the uplink `\(name.value)` of `\(site.name.value)` is already defined on line \(line)",
          "give each uplink of a site a name of its own")
      }
      lines[name.value] = lines[name.value] ?? name.position.line
    }
  }

  private mutating func checkInterfaces(of site: SiteDraft) {
    var users: [String: String] = [:]
    let uses =
      site.uplinks.compactMap { uplink in uplink.interface.map { ("the uplink `\(uplink.name?.value ?? "?")`", $0) } }
      + site.lans.compactMap { lan in lan.interface.map { ("a LAN", $0) } }
    for (user, interface) in uses {
      if let other = users[interface.value] {
        report(
          interface.position, "the interface `\(interface.value)` of `\(site.name.value)` already serves \(other)",
          "name the interface of each uplink and LAN once")
      }
      users[interface.value] = users[interface.value] ?? user
    }
  }
}
