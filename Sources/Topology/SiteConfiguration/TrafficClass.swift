/// Traffic that is treated apart: it has a guaranteed share of each line of known rate.
public struct TrafficClass: Codable, Equatable, Sendable {
  /// The operator's name for it.
  public var name: String
  /// The differentiated services code points of its packets (RFC 2474), in order.
  public var codePoints: [UInt8]
  /// What it has of the line's rate at least, in per cent.
  public var sharePercent: Int
  /// Whether its packets are sent by two tunnels at once, of which the receiver takes the copy that comes first.
  public var isDuplicated: Bool
  /// What a tunnel must be like to carry the class while another one to the same site is; nil where it goes with all other
  /// traffic.
  public var serviceLevel: ServiceLevelLimits?

  /// The first of the code points of the network's own packets: routing, tests of tunnels (RFC 4594 section 3.1).
  public static let networkControl: UInt8 = 48
  /// How much of a line all classes may want together, in per cent.
  static let largestTotal = 90

  /// A class.
  public init(
    name: String, codePoints: [UInt8], sharePercent: Int, isDuplicated: Bool = false,
    serviceLevel: ServiceLevelLimits? = nil
  ) {
    self.name = name
    self.codePoints = codePoints
    self.sharePercent = sharePercent
    self.isDuplicated = isDuplicated
    self.serviceLevel = serviceLevel
  }
}
