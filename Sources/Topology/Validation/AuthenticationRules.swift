extension Validator {
  /// How a link authenticates: as it says itself, or its sites do, or the defaults.
  mutating func authentication(
    of first: SiteDraft, _ second: SiteDraft, _ setting: LinkDraft?
  ) -> LinkAuthentication {
    let named = [first.authentication, second.authentication].compactMap(\.self)
    if setting?.authentication == nil, let place = named.last, Set(named.map(\.value)).count > 1 {
      report(
        place.position, "`\(first.name.value)` and `\(second.name.value)` want to authenticate differently",
        "write `authentication` at their link, under `overlay.links`")
    }
    switch setting?.authentication?.value ?? named.first?.value ?? draft.authentication {
    case .psk: return .presharedKey(setting?.psk.flatMap { PresharedKeyText.decode($0.value) })
    case .certificate:
      if let psk = setting?.psk {
        report(
          psk.position, "a pre-shared key is of no use to a link that authenticates by certificate",
          "remove it, or write `authentication: psk` at the link")
      }
      for site in [first, second] { checkAuthorities(of: site, setting) }
      return .certificate
    }
  }

  /// The network's own authority certifies the sites that Fabric runs; a third party's gateway has others.
  private mutating func checkAuthorities(of site: SiteDraft, _ setting: LinkDraft?) {
    guard !site.isManaged, site.authorities == nil else { return }
    report(
      setting?.authentication?.position ?? site.name.position,
      "nobody knows who certifies `\(site.name.value)`, which Fabric does not manage",
      "give it `authorities` with the certificates of its authorities in PEM, or write `authentication: psk`")
  }

  /// The sites that Fabric runs are certified by the network's own authority, and by no other.
  mutating func checkAuthorities() {
    for site in draft.sites where site.isManaged {
      guard let authority = site.authorities?.first else { continue }
      report(
        authority.position, "Fabric certifies `\(site.name.value)` itself",
        "remove `authorities`, or write `managed: false`")
    }
  }
}
