extension Validator {
  /// What is drained is a hub, and another one is left for the traffic.
  mutating func checkDrainedHubs() {
    let drained = draft.sites.filter { $0.drained?.value == true }
    for site in drained where site.role == .spoke {
      guard let drained = site.drained else { continue }
      report(drained.position, "`\(site.name.value)` carries no other sites' traffic", "leave `drained` out")
    }
    let hubs = draft.sites.filter { $0.role == .hub }
    guard !hubs.isEmpty, hubs.allSatisfy({ $0.drained?.value == true }), let last = hubs.last?.drained else { return }
    report(last.position, "no hub is left for the traffic", "leave one of them as it is")
  }
}
