import WireFormat

/// External BGP with a third party's gateway over its tunnel (RFC 4271): a partner or a cloud.
public struct BGPPeering: Codable, Equatable, Sendable {
  /// The third party's autonomous system.
  public var autonomousSystem: Int
  /// The tunnel's addresses as the two parties have agreed on them; nil where the tunnel has them from the pool.
  public var addressing: Tunnel.Addressing?
  /// The key of TCP's MD5 signature (RFC 2385), where the third party asks for one.
  public var password: PresharedKey?
  /// The session ends when the third party announces more networks than this.
  public var maximumPrefixes: Int
  /// What our announcements are marked with (RFC 1997), as `65000:100`.
  public var communities: [String]
  /// What the third party hears of in place of the networks in it.
  public var summaries: [IPPrefix]

  /// A peering.
  public init(
    autonomousSystem: Int, addressing: Tunnel.Addressing? = nil, password: PresharedKey? = nil,
    maximumPrefixes: Int = 100, communities: [String] = [], summaries: [IPPrefix] = []
  ) {
    self.autonomousSystem = autonomousSystem
    self.addressing = addressing
    self.password = password
    self.maximumPrefixes = maximumPrefixes
    self.communities = communities
    self.summaries = summaries
  }
}
