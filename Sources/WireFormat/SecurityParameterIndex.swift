/// The SPI of an IKE SA (RFC 7296 section 2.6): eight bytes, each end chooses its own; zero is not a valid SPI.
public struct IKESPI: Hashable, Sendable, Codable {
  /// The value in host byte order.
  public let rawValue: UInt64
  /// Wraps a value read from the wire.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// The responder's SPI in the first message of an IKE_SA_INIT exchange.
  public static let zero = IKESPI(rawValue: 0)
}

/// The SPI of an ESP SA (RFC 4303 section 2.1): four bytes that the receiver chooses; 0 is local, 1–255 are reserved.
public struct ESPSPI: Hashable, Sendable {
  /// The value in host byte order.
  public let rawValue: UInt32

  /// Wraps a value; nil for 0–255, which RFC 4303 section 2.1 reserves.
  public init?(rawValue: UInt32) {
    guard rawValue > 255 else { return nil }
    self.rawValue = rawValue
  }
}

extension ESPSPI: Codable {
  /// Decodes the number; a reserved one is refused.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = ESPSPI(rawValue: try container.decode(UInt32.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "ESP SPIs 0 to 255 are reserved")
    }
    self = value
  }

  /// Encodes the number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension IKESPI: CustomStringConvertible {
  /// Sixteen hexadecimal digits.
  public var description: String { hexadecimal(rawValue, digits: 16) }
}

extension ESPSPI: CustomStringConvertible {
  /// Eight hexadecimal digits.
  public var description: String { hexadecimal(UInt64(rawValue), digits: 8) }
}

private func hexadecimal(_ value: UInt64, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
