import WireFormat

/// One algorithm of a proposal (RFC 7296 section 3.3.2).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Last Substruc |   RESERVED    |        Transform Length       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Transform Type |   RESERVED    |          Transform ID         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                      Transform Attributes                     ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct Transform: Hashable {
  /// The Transform Type field.
  enum Kind: UInt8, Hashable {
    case encryption = 1
    case pseudorandomFunction = 2
    case integrity = 3
    case keyExchange = 4
    case extendedSequenceNumbers = 5
    // RFC 9370 section 2.2.2: the key exchanges that follow the first one, in this order.
    case additionalKeyExchange1 = 6
    case additionalKeyExchange2 = 7
    case additionalKeyExchange3 = 8
    case additionalKeyExchange4 = 9
    case additionalKeyExchange5 = 10
    case additionalKeyExchange6 = 11
    case additionalKeyExchange7 = 12

    /// The seven kinds of additional key exchange, in the order in which they take place.
    static let additionalKeyExchanges: [Kind] = [
      .additionalKeyExchange1, .additionalKeyExchange2, .additionalKeyExchange3, .additionalKeyExchange4,
      .additionalKeyExchange5, .additionalKeyExchange6, .additionalKeyExchange7,
    ]
  }

  /// What the transform is for; nil for a type that Fabric does not know.
  let kind: Kind?
  let id: UInt16
  /// The Key Length attribute in bits.
  let keyLength: UInt16?
  /// Whether there is an attribute that Fabric does not know: such a transform is not chosen (section 3.3.6).
  let hasUnknownAttribute: Bool

  static let headerLength = 8

  init(_ kind: Kind, id: UInt16, keyLength: UInt16? = nil) {
    self.kind = kind
    self.id = id
    self.keyLength = keyLength
    self.hasUnknownAttribute = false
  }

  /// Reads what follows the Transform Length field; the reader holds exactly that.
  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.kind = Kind(rawValue: try reader.readUInt8())
    try reader.skip(1)
    self.id = try reader.readUInt16()
    var keyLength: UInt16?
    var hasUnknownAttribute = false
    while !reader.isAtEnd {
      let attribute = try TransformAttribute(&reader)
      if case .keyLength(let bits) = attribute { keyLength = bits } else { hasUnknownAttribute = true }
    }
    self.keyLength = keyLength
    self.hasUnknownAttribute = hasUnknownAttribute
  }

  /// Writes the whole substructure; only a transform of a known kind is ever written.
  func write(to writer: inout ByteWriter, isLast: Bool) {
    writer.write(UInt8(isLast ? 0 : 3))
    writer.write(UInt8(0))
    writer.write(UInt16(Transform.headerLength + (keyLength == nil ? 0 : TransformAttribute.length)))
    writer.write(kind?.rawValue ?? 0)
    writer.write(UInt8(0))
    writer.write(id)
    if let keyLength { TransformAttribute.writeKeyLength(keyLength, to: &writer) }
  }
}
