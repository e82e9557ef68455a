import Glibc

/// An IPv4 or IPv6 address, comparable within and across families (IPv4 sorts first).
public enum IPAddress: Hashable, Comparable, Sendable {
  /// An IPv4 address in host byte order: `15.0.0.1` is `0x0F00_0001`.
  case v4(UInt32)
  /// An IPv6 address as its upper and lower 64 bits in host byte order.
  case v6(high: UInt64, low: UInt64)

  /// The address family.
  public enum Family: String, Hashable, Comparable, Sendable, Codable {
    /// IPv4.
    case v4
    /// IPv6.
    case v6

    /// Width of an address in bits: 32 or 128.
    public var bitWidth: Int { self == .v4 ? 32 : 128 }
    /// Width of an address in bytes: 4 or 16.
    public var byteCount: Int { bitWidth / 8 }
    /// IPv4 sorts before IPv6.
    public static func < (left: Family, right: Family) -> Bool { left == .v4 && right == .v6 }
  }

  /// Reads the textual form (RFC 4291 section 2.2 for IPv6, dotted decimal for IPv4); nil for anything else.
  public init?(_ text: String) {
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      self = .v4(UInt32(bigEndian: v4.s_addr))
      return
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: v6) { Array($0) }
    self.init(bytes: bytes[...])
  }

  /// Makes an address of 4 or 16 network-order bytes; nil for any other count.
  public init?(bytes: ArraySlice<UInt8>) {
    switch bytes.count {
    case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self = .v6(high: high, low: low)
    default: return nil
    }
  }

  /// The family that the address belongs to.
  public var family: Family {
    switch self {
    case .v4: .v4
    case .v6: .v6
    }
  }

  /// The address in network byte order: 4 or 16 bytes.
  public var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 16)
    switch self {
    case .v4(let value): writer.write(value)
    case .v6(let high, let low):
      writer.write(high)
      writer.write(low)
    }
    return writer.bytes
  }

  /// `0.0.0.0` or `::`.
  public var isUnspecified: Bool { self == .v4(0) || self == .v6(high: 0, low: 0) }

  /// `127.0.0.0/8` or `::1`.
  public var isLoopback: Bool {
    switch self {
    case .v4(let value): value >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  /// `224.0.0.0/4` or `ff00::/8`.
  public var isMulticast: Bool {
    switch self {
    case .v4(let value): value >> 28 == 0xE
    case .v6(let high, _): high >> 56 == 0xFF
    }
  }

  /// `169.254.0.0/16` or `fe80::/10`.
  public var isLinkLocal: Bool {
    switch self {
    case .v4(let value): value >> 16 == 0xA9FE
    case .v6(let high, _): high >> 54 == 0xFE80 >> 6
    }
  }

  /// The address whose bits beyond the first `length` are cleared.
  public func masked(to length: Int) -> IPAddress {
    switch self {
    case .v4(let value): return .v4(value & IPAddress.mask32(length))
    case .v6(let high, let low):
      return .v6(high: high & IPAddress.mask64(length), low: low & IPAddress.mask64(length - 64))
    }
  }

  /// The address `offset` above this one, or nil where that leaves the address space.
  public func advanced(by offset: UInt32) -> IPAddress? {
    switch self {
    case .v4(let value):
      let (sum, overflow) = value.addingReportingOverflow(offset)
      return overflow ? nil : .v4(sum)
    case .v6(let high, let low):
      let (sum, carry) = low.addingReportingOverflow(UInt64(offset))
      guard carry else { return .v6(high: high, low: sum) }
      return high == .max ? nil : .v6(high: high + 1, low: sum)
    }
  }

  /// Orders by family, then by value.
  public static func < (left: IPAddress, right: IPAddress) -> Bool {
    switch (left, right) {
    case (.v4(let one), .v4(let other)): one < other
    case (.v6(let oneHigh, let oneLow), .v6(let otherHigh, let otherLow)): (oneHigh, oneLow) < (otherHigh, otherLow)
    default: left.family < right.family
    }
  }

  private static func mask32(_ length: Int) -> UInt32 { length <= 0 ? 0 : .max << (32 - min(32, length)) }
  private static func mask64(_ length: Int) -> UInt64 { length <= 0 ? 0 : .max << (64 - min(64, length)) }
}

extension IPAddress: CustomStringConvertible {
  /// The canonical text (RFC 5952 for IPv6).
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = family == .v4 ? AF_INET : AF_INET6
    _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension IPAddress: Codable {
  /// Decodes the textual form.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, "an IPv4 or IPv6 address") { IPAddress($0) }
  }

  /// Encodes the textual form.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}

/// Decodes a value that is written as one string.
func decodeText<Value>(_ decoder: any Decoder, _ expected: String, _ parse: (String) -> Value?) throws -> Value {
  let container = try decoder.singleValueContainer()
  let text = try container.decode(String.self)
  guard let value = parse(text) else {
    throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not \(expected)")
  }
  return value
}

/// Encodes a value as one string.
func encodeText(_ text: String, to encoder: any Encoder) throws {
  var container = encoder.singleValueContainer()
  try container.encode(text)
}
