/// A network: an address whose host bits are all zero, and its prefix length, such as `10.1.1.0/24`.
public struct IPPrefix: Hashable, Comparable, Sendable {
  /// The network address.
  public let address: IPAddress
  /// The prefix length: 0 to 32 for IPv4, 0 to 128 for IPv6.
  public let length: Int

  /// The network that holds `address`; nil if the length does not fit the family.
  public init?(containing address: IPAddress, length: Int) {
    guard (0...address.family.bitWidth).contains(length) else { return nil }
    self.address = address.masked(to: length)
    self.length = length
  }

  /// Reads `network/length`; nil if it is malformed or has host bits set.
  public init?(_ text: String) {
    guard let interface = InterfaceAddress(text), interface.address == interface.prefix.address else { return nil }
    self = interface.prefix
  }

  /// The prefix of exactly one address.
  public init(host address: IPAddress) {
    self.address = address
    self.length = address.family.bitWidth
  }

  /// `0.0.0.0/0` or `::/0`.
  public static func any(_ family: IPAddress.Family) -> IPPrefix {
    IPPrefix(unchecked: family == .v4 ? .v4(0) : .v6(high: 0, low: 0), length: 0)
  }

  private init(unchecked address: IPAddress, length: Int) {
    self.address = address
    self.length = length
  }

  /// The highest address of the network.
  public var lastAddress: IPAddress {
    switch address {
    case .v4(let value): return .v4(value | (length >= 32 ? 0 : UInt32.max >> length))
    case .v6(let high, let low):
      let highHost = length >= 64 ? 0 : UInt64.max >> length
      let lowHost = length >= 128 ? 0 : (length <= 64 ? UInt64.max : UInt64.max >> (length - 64))
      return .v6(high: high | highHost, low: low | lowHost)
    }
  }

  /// Whether `other` lies inside this network.
  public func contains(_ other: IPAddress) -> Bool {
    other.family == address.family && other.masked(to: length) == address
  }

  /// Whether all of `other` lies inside this network.
  public func contains(_ other: IPPrefix) -> Bool { other.length >= length && contains(other.address) }

  /// Whether the two networks share an address.
  public func overlaps(_ other: IPPrefix) -> Bool { contains(other) || other.contains(self) }

  /// Orders by address, then the shorter prefix first.
  public static func < (left: IPPrefix, right: IPPrefix) -> Bool {
    (left.address, left.length) < (right.address, right.length)
  }
}

extension IPPrefix: CustomStringConvertible, Codable {
  /// `network/length`.
  public var description: String { "\(address)/\(length)" }

  /// Decodes `network/length`.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, "a network such as 10.1.1.0/24 with no host bits set") { IPPrefix($0) }
  }

  /// Encodes `network/length`.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}

/// An interface's own address and the network that it sits in, such as `10.1.1.1/24`.
public struct InterfaceAddress: Hashable, Sendable {
  /// The interface's own address.
  public let address: IPAddress
  /// The network that the address sits in.
  public let prefix: IPPrefix

  /// An address with its prefix length; nil if the length does not fit the family.
  public init?(_ address: IPAddress, length: Int) {
    guard let prefix = IPPrefix(containing: address, length: length) else { return nil }
    self.address = address
    self.prefix = prefix
  }

  /// Reads `address/length`; nil if malformed.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])), (1...3).contains(parts[1].utf8.count),
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1])
    else { return nil }
    self.init(address, length: length)
  }

  /// The prefix length.
  public var length: Int { prefix.length }
}

extension InterfaceAddress: CustomStringConvertible, Codable {
  /// `address/length`.
  public var description: String { "\(address)/\(length)" }

  /// Decodes `address/length`.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, "an interface address such as 10.1.1.1/24") { InterfaceAddress($0) }
  }

  /// Encodes `address/length`.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}
