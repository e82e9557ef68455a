import Foundation

/// Traffic to a site has moved from one tunnel to another: when, why, and what it has cost.
public struct TunnelSwitch: Codable, Equatable, Sendable {
  /// When the traffic moved.
  public var at: Date
  /// The site that it goes to.
  public var peerSite: String
  /// Of which class it is; nil for all that is in no class with a service level of its own.
  public var trafficClass: String?
  /// The tunnels that carried it before, and those that do now; none while there is no way.
  public var from, to: [String]
  /// Why, in words of an engineer.
  public var cause: String
  /// For how long nothing had passed when the traffic moved, at most, in milliseconds; nil where that is not known.
  public var outageMilliseconds: Int?

  /// A switch.
  public init(
    at: Date, peerSite: String, trafficClass: String? = nil, from: [String], to: [String], cause: String,
    outageMilliseconds: Int?
  ) {
    self.at = at
    self.peerSite = peerSite
    self.trafficClass = trafficClass
    self.from = from
    self.to = to
    self.cause = cause
    self.outageMilliseconds = outageMilliseconds
  }
}
