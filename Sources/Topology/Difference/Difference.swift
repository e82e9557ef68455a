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
  public static func between(
    _ old: [String: SiteConfiguration], _ new: [String: SiteConfiguration]
  ) -> [ConfigurationChange] {
    []
  }
}
