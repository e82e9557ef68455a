import WireFormat

/// TSi, TSr: the traffic that a Child SA carries (RFC 7296 section 3.13).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Number of TSs |                 RESERVED                      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                       <Traffic Selectors>                     ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |   TS Type     |IP Protocol ID*|       Selector Length         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |           Start Port*         |           End Port*           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                         Starting Address*                     ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                         Ending Address*                       ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct TrafficSelectorPayload: Hashable {
  /// The selectors that Fabric understands, in the order of the message.
  let selectors: [TrafficSelector]

  private static let ipv4AddressRange: UInt8 = 7
  private static let ipv6AddressRange: UInt8 = 8

  init(_ selectors: [TrafficSelector]) { self.selectors = selectors }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    let count = Int(try reader.readUInt8())
    try reader.skip(3)
    var selectors: [TrafficSelector] = []
    for _ in 0..<count {
      if let selector = try TrafficSelectorPayload.readSelector(&reader) { selectors.append(selector) }
    }
    self.selectors = selectors
  }

  /// Reads one selector; nil for a type, or a range such as OPAQUE ports, that Fabric cannot express.
  private static func readSelector(_ reader: inout ByteReader) throws(WireFormatError) -> TrafficSelector? {
    let type = try reader.readUInt8()
    let ipProtocol = try reader.readUInt8()
    let length = Int(try reader.readUInt16())
    guard length >= 8 else { throw .invalid(field: "selector length") }
    var body = try reader.subreader(length - 4)
    let family: IPAddress.Family
    switch type {
    case ipv4AddressRange: family = .v4
    case ipv6AddressRange: family = .v6
    // RFC 7296 section 3.13.1: a responder skips selectors of types that it does not know.
    default: return nil
    }
    guard body.remaining == 4 + 2 * family.byteCount else { throw .invalid(field: "selector length") }
    let startPort = try body.readUInt16()
    let endPort = try body.readUInt16()
    guard let first = IPAddress(bytes: try body.read(family.byteCount)),
      let last = IPAddress(bytes: try body.read(family.byteCount)), first <= last
    else { throw .invalid(field: "selector addresses") }
    guard startPort <= endPort else { return nil }
    return TrafficSelector(firstAddress: first, lastAddress: last, ipProtocol: ipProtocol, ports: startPort...endPort)
  }

  func write(to writer: inout ByteWriter) {
    writer.write(UInt8(clamping: selectors.count))
    writer.write(repeating: 0, count: 3)
    for selector in selectors {
      writer.write(selector.family == .v4 ? Self.ipv4AddressRange : Self.ipv6AddressRange)
      writer.write(selector.ipProtocol)
      writer.write(UInt16(8 + 2 * selector.family.byteCount))
      writer.write(selector.ports.lowerBound)
      writer.write(selector.ports.upperBound)
      writer.write(selector.firstAddress.bytes)
      writer.write(selector.lastAddress.bytes)
    }
  }
}
