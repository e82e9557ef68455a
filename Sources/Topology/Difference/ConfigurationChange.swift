/// One change between two revisions, at a site or at one of its tunnels.
public struct ConfigurationChange: Equatable, Sendable {
  /// What happens to the site or tunnel.
  public enum Kind: String, Sendable {
    /// It is new.
    case add
    /// It stays, but differently.
    case change
    /// It goes.
    case remove
  }

  /// What happens.
  public let kind: Kind
  /// The site that it happens at.
  public let site: String
  /// The tunnel, or nil for the site itself.
  public let tunnel: String?
  /// What differs, one short sentence each, without secrets: `ipsec lifetime: 3600s → 1800s`.
  public let details: [String]
}

extension ConfigurationChange {
  /// What changes from one set of configurations, by site, to another, ordered by site and tunnel.
  ///
  /// The revision number itself is no change.
  public static func between(
    _ old: [String: SiteConfiguration], _ new: [String: SiteConfiguration]
  ) -> [ConfigurationChange] {
    Set(old.keys).union(new.keys).sorted().flatMap { site in changes(at: site, old[site], new[site]) }
  }

  private static func changes(
    at site: String, _ old: SiteConfiguration?, _ new: SiteConfiguration?
  ) -> [ConfigurationChange] {
    var changes: [ConfigurationChange] = []
    func note(_ kind: Kind, _ tunnel: String?, _ details: [String]) {
      changes.append(ConfigurationChange(kind: kind, site: site, tunnel: tunnel, details: details))
    }
    switch (old, new) {
    case (nil, let new?): note(.add, nil, SiteDescription.summary(of: new))
    case (_?, nil): note(.remove, nil, [])
    case (let old?, let new?):
      let details = Comparison.details(SiteDescription.facts(of: old), SiteDescription.facts(of: new))
      if !details.isEmpty { note(.change, nil, details) }
    case (nil, nil): break
    }
    let before = Dictionary((old?.tunnels ?? []).map { ($0.name, $0) }) { first, _ in first }
    let after = Dictionary((new?.tunnels ?? []).map { ($0.name, $0) }) { first, _ in first }
    for name in Set(before.keys).union(after.keys).sorted() {
      switch (before[name], after[name]) {
      case (nil, let tunnel?): note(.add, name, TunnelDescription.summary(of: tunnel))
      case (_?, nil): note(.remove, name, [])
      case (let before?, let after?):
        let details = TunnelDescription.details(from: before, to: after)
        if !details.isEmpty { note(.change, name, details) }
      case (nil, nil): break
      }
    }
    return changes
  }
}

/// Compares two lists of named facts.
enum Comparison {
  /// One named fact of a site or tunnel: `mtu`, `1500`.
  struct Fact: Equatable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A sentence for each fact that came, went or changed: `uplink isp mtu: 1500 → 1400`.
  static func details(_ old: [Fact], _ new: [Fact]) -> [String] {
    let before = Dictionary(old.map { ($0.name, $0.value) }) { first, _ in first }
    let after = Dictionary(new.map { ($0.name, $0.value) }) { first, _ in first }
    let gone = old.filter { after[$0.name] == nil }.map { "\($0.name): \($0.value) → removed" }
    let changed = new.compactMap { fact -> String? in
      guard let value = before[fact.name] else { return "\(fact.name): \(fact.value) added" }
      return value == fact.value ? nil : "\(fact.name): \(value) → \(fact.value)"
    }
    return gone + changed
  }
}
