/// A message in CBOR whose structure has been checked as a whole: from here on no length can lead beyond its end.
///
/// Its items are numbered as they come, 0 being the message itself; those of an array or a map stand behind it:
///
///     {"spi": 7, "keys": ["a", "b"]}     0 map │ 1 "spi" │ 2 7 │ 3 "keys" │ 4 array │ 5 "a" │ 6 "b"
final class CBORDocument {
  private let bytes: [UInt8]
  private let items: [CBORItem]

  /// Reads the one item that `bytes` must be.
  init(_ bytes: [UInt8]) throws(WireFormatError) {
    self.bytes = bytes
    items = try CBORParser.items(of: bytes)
  }

  subscript(index: Int) -> CBORItem { items[index] }

  /// The bytes of a string.
  func string(_ item: CBORItem) -> ArraySlice<UInt8> {
    bytes[Int(item.start)..<(Int(item.start) + Int(item.argument))]
  }
}

/// Numbers the items of a message.
private struct CBORParser {
  /// Arrays within arrays may be so deep.
  private static let maximumDepth = 64
  /// More items than the configuration of ten thousand tunnels has.
  private static let maximumCount = 1 << 22

  private var reader: ByteReader
  private var items: [CBORItem] = []

  static func items(of bytes: [UInt8]) throws(WireFormatError) -> [CBORItem] {
    guard bytes.count <= Int32.max else { throw .invalid(field: "length of CBOR") }
    var parser = CBORParser(reader: ByteReader(bytes))
    parser.items.reserveCapacity(bytes.count / 8)
    try parser.readItem(depth: 0)
    guard parser.reader.isAtEnd else { throw .invalid(field: "bytes behind CBOR") }
    return parser.items
  }

  private init(reader: ByteReader) { self.reader = reader }

  private mutating func readItem(depth: Int) throws(WireFormatError) {
    guard depth <= CBORParser.maximumDepth, items.count < CBORParser.maximumCount else {
      throw .invalid(field: "depth or count of CBOR")
    }
    let initial = try reader.readUInt8()
    let argument = try readArgument(initial & 0x1F)
    let kind = try CBORParser.kind(initial)
    let index = items.count
    items.append(
      CBORItem(kind: kind, argument: argument, start: UInt32(reader.consumed), next: UInt32(index + 1)))
    switch kind {
    case .bytes, .text: try reader.skip(Int(clamping: argument))
    case .array, .map:
      // Each item takes a byte at least.
      guard argument <= UInt64(reader.remaining) else {
        throw .truncated(needed: Int(clamping: argument), available: reader.remaining)
      }
      for _ in 0..<argument {
        if kind == .map { try readKey(depth: depth + 1) }
        try readItem(depth: depth + 1)
      }
      items[index].next = UInt32(items.count)
    case .unsigned, .negative, .simple, .float32, .float64: break
    }
  }

  private mutating func readKey(depth: Int) throws(WireFormatError) {
    try readItem(depth: depth)
    guard items.last?.kind == .text else { throw .invalid(field: "key in CBOR") }
  }

  private mutating func readArgument(_ information: UInt8) throws(WireFormatError) -> UInt64 {
    switch information {
    case 0...23: UInt64(information)
    case 24: UInt64(try reader.readUInt8())
    case 25: UInt64(try reader.readUInt16())
    case 26: UInt64(try reader.readUInt32())
    case 27: try reader.readUInt64()
    default: throw .invalid(field: "length in CBOR")
    }
  }

  private static func kind(_ initial: UInt8) throws(WireFormatError) -> CBORItem.Kind {
    guard let kind = CBORItem.Kind(rawValue: initial >> 5) else { throw .invalid(field: "tag in CBOR") }
    guard kind == .simple else { return kind }
    switch initial & 0x1F {
    case 20...22: return .simple
    case CBORItem.float32: return .float32
    case CBORItem.float64: return .float64
    default: throw .invalid(field: "simple value in CBOR")
    }
  }
}
