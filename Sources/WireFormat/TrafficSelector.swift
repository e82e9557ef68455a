/// A traffic selector (RFC 7296 section 3.13.1): a range of addresses, a range of ports and an IP protocol.
public struct TrafficSelector: Hashable, Sendable, Codable {
  /// The IP protocol, 0 for any.
  public let ipProtocol: UInt8
  /// The ports covered, 0…65535 for any (or for protocols without ports).
  public let ports: ClosedRange<UInt16>
  /// The first address of the range.
  public let firstAddress: IPAddress
  /// The last address of the range, of the same family.
  public let lastAddress: IPAddress

  /// A selector; nil if the two addresses are of different families or in the wrong order.
  public init?(
    firstAddress: IPAddress, lastAddress: IPAddress, ipProtocol: UInt8 = 0, ports: ClosedRange<UInt16> = 0...UInt16.max
  ) {
    guard firstAddress.family == lastAddress.family, firstAddress <= lastAddress else { return nil }
    self.ipProtocol = ipProtocol
    self.ports = ports
    self.firstAddress = firstAddress
    self.lastAddress = lastAddress
  }

  /// All protocols and ports of one network.
  public init(_ prefix: IPPrefix) {
    self.ipProtocol = 0
    self.ports = 0...UInt16.max
    self.firstAddress = prefix.address
    self.lastAddress = prefix.lastAddress
  }

  /// Everything of one address family.
  public static func any(_ family: IPAddress.Family) -> TrafficSelector { TrafficSelector(.any(family)) }

  /// The address family of the range.
  public var family: IPAddress.Family { firstAddress.family }

  /// Whether the selector covers every address, port and protocol of its family.
  public var isAny: Bool { self == .any(family) }

  /// Whether `address` lies in the range, whatever its protocol and port.
  public func contains(_ address: IPAddress) -> Bool {
    address.family == family && firstAddress <= address && address <= lastAddress
  }

  /// What the two selectors have in common (RFC 7296 section 2.9), or nil if nothing.
  public func intersection(_ other: TrafficSelector) -> TrafficSelector? {
    guard family == other.family, ipProtocol == 0 || other.ipProtocol == 0 || ipProtocol == other.ipProtocol else {
      return nil
    }
    let lowPort = max(ports.lowerBound, other.ports.lowerBound)
    let highPort = min(ports.upperBound, other.ports.upperBound)
    guard lowPort <= highPort else { return nil }
    return TrafficSelector(
      firstAddress: max(firstAddress, other.firstAddress), lastAddress: min(lastAddress, other.lastAddress),
      ipProtocol: ipProtocol == 0 ? other.ipProtocol : ipProtocol, ports: lowPort...highPort)
  }
}
