/// One end of a UDP conversation: an address and a port, written `192.0.2.1:500` or `[2001:db8::1]:500`.
public struct Endpoint: Hashable, Sendable {
  /// The address.
  public var address: IPAddress
  /// The UDP port in host byte order.
  public var port: UInt16

  /// An address and a port.
  public init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads `address:port` or `[address]:port`; nil if malformed.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if bracketed { host = host.dropFirst().dropLast() }
    guard let address = IPAddress(String(host)), (address.family == .v6) == bracketed else { return nil }
    self.init(address, port: port)
  }
}

extension Endpoint: CustomStringConvertible, Codable {
  /// `address:port`, an IPv6 address in brackets.
  public var description: String { address.family == .v4 ? "\(address):\(port)" : "[\(address)]:\(port)" }

  /// Decodes the textual form.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, "an endpoint such as 192.0.2.1:500") { Endpoint($0) }
  }

  /// Encodes the textual form.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}
