import WireFormat

extension Validator {
  /// Every site can be reached from every other over the links.
  mutating func checkConnectivity(_ links: [Link]) {
    guard let shape = draft.overlay?.shape, shape.value == .custom, let start = draft.sites.first?.name.value else {
      return
    }
    let hubs = draft.sites.filter { $0.role == .hub }
    let transit = Set((hubs.isEmpty ? draft.sites : hubs).map(\.name.value))
    let pairs = draft.overlay?.links.compactMap(\.pair) ?? []
    let reached = LinkGraph(pairs: pairs, transit: transit).distances(from: start)
    for site in draft.sites where reached[site.name.value] == nil {
      report(
        site.name.position,
        "no chain of links\(hubs.isEmpty ? "" : " by way of hubs") connects `\(site.name.value)` to `\(start)`",
        "add the link that is missing")
    }
  }

  /// The pool has a network for every tunnel.
  mutating func checkPool(_ links: [Link]) {
    guard let pool = draft.overlay?.pool else { return }
    let tunnelLength = pool.value.address.family.bitWidth - 2
    let bits = tunnelLength - pool.value.length
    let capacity = bits < 0 ? 0 : 1 << min(bits, 40)
    var needed = 0
    for link in links {
      guard let first = site(link.sites.first), let second = site(link.sites.second) else { continue }
      needed += UplinkDraft.tunnels(first, second)
    }
    guard capacity < max(needed, 1) else { return }
    let length = (0...tunnelLength).last { 1 << min(tunnelLength - $0, 40) >= needed } ?? 0
    report(
      pool.position,
      "the pool \(pool.value) is too small: it has room for \(capacity) of the overlay's \(needed) tunnels",
      "write a pool of /\(length) or larger")
  }
}
