/// Reads values that `CBOREncoder` has written.
///
/// Nothing that is read can trap. A map may hold more than the value asks for, as one does that a later version has
/// written.
public struct CBORDecoder: Sendable {
  /// A decoder.
  public init() {}

  /// The value that `bytes` are. Throws `WireFormatError` for what is not CBOR, and `DecodingError`, which quotes
  /// nothing of the message, for another value.
  public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    try CBORValueDecoder(document: try CBORDocument(bytes), index: 0).decode(type)
  }
}

/// One item, and what it is read as.
struct CBORValueDecoder: Decoder {
  let document: CBORDocument
  let index: Int
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try CBORKeyedDecodingContainer<Key>(self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try CBORUnkeyedDecodingContainer(self) }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  fileprivate var item: CBORItem { document[index] }

  fileprivate func at(_ index: Int) -> CBORValueDecoder { CBORValueDecoder(document: document, index: index) }

  /// Whether the item is this text.
  fileprivate func isText(_ text: String) -> Bool {
    item.kind == .text && item.argument == text.utf8.count && document.string(item).elementsEqual(text.utf8)
  }

  fileprivate func mismatch(_ expected: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: [], debugDescription: "\(item.kind) where \(expected) is expected"))
  }

  private func integer<Value: FixedWidthInteger>() throws -> Value {
    let value: Value? =
      switch item.kind {
      case .unsigned: Value(exactly: item.argument)
      case .negative: Int64(exactly: item.argument).flatMap { Value(exactly: -1 - $0) }
      default: nil
      }
    guard let value else { throw mismatch("\(Value.self)") }
    return value
  }
}

extension CBORValueDecoder: ByteStringDecodingContainer {
  func decodeNil() -> Bool { item.kind == .simple && item.argument == CBORItem.nullValue }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard item.kind == .simple, !decodeNil() else { throw mismatch("a truth value") }
    return item.argument == CBORItem.trueValue
  }

  func decode(_ type: String.Type) throws -> String {
    guard item.kind == .text, let text = String(validating: document.string(item), as: UTF8.self) else {
      throw mismatch("text")
    }
    return text
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard item.kind == .float64 else { throw mismatch("a number of 64 bits") }
    return Double(bitPattern: item.argument)
  }

  func decode(_ type: Float.Type) throws -> Float {
    guard item.kind == .float32 else { throw mismatch("a number of 32 bits") }
    return Float(bitPattern: UInt32(truncatingIfNeeded: item.argument))
  }

  func decode(_ type: Int.Type) throws -> Int { try integer() }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
  func decode(_ type: UInt.Type) throws -> UInt { try integer() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if type == [UInt8].self, let bytes = try decodeByteString({ [UInt8]($0) }) as? Value { return bytes }
    return try Value(from: self)
  }

  func decodeByteString<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    guard item.kind == .bytes else { throw mismatch("bytes") }
    return try document.string(item).withUnsafeBytes(body)
  }
}

/// A map that is being read. A class, as it remembers how far it has come: fields are asked for in the order in which
/// they were written.
private final class CBORKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let map: CBORValueDecoder
  /// The key that was found last.
  @exclusivity(unchecked) private var latest: Int
  var codingPath: [any CodingKey] { [] }

  init(_ map: CBORValueDecoder) throws {
    guard map.item.kind == .map else { throw map.mismatch("a map") }
    self.map = map
    latest = map.index + 1
  }

  private var end: Int { Int(map.item.next) }

  /// The number of the key behind the one with this number and its value.
  private func key(behind key: Int) -> Int { Int(map.document[key + 1].next) }

  var allKeys: [Key] {
    var keys: [Key] = []
    var index = map.index + 1
    while index < end {
      if let key = (try? map.at(index).decode(String.self)).flatMap({ Key(stringValue: $0) }) { keys.append(key) }
      index = key(behind: index)
    }
    return keys
  }

  func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

  /// The value of a key: looked for from the latest one on, and then in front of it.
  private func find(_ name: String) -> CBORValueDecoder? {
    find(name, from: latest, to: end) ?? find(name, from: map.index + 1, to: latest)
  }

  private func find(_ name: String, from start: Int, to limit: Int) -> CBORValueDecoder? {
    var index = start
    while index < limit {
      if map.at(index).isText(name) {
        latest = index
        return map.at(index + 1)
      }
      index = key(behind: index)
    }
    return nil
  }

  private func value(of key: some CodingKey) throws -> CBORValueDecoder {
    guard let value = find(key.stringValue) else {
      throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "'\(key.stringValue)' is missing"))
    }
    return value
  }

  func decodeNil(forKey key: Key) throws -> Bool { try value(of: key).decodeNil() }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try value(of: key).decode(type)
  }

  func nestedContainer<Nested>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try value(of: key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try value(of: key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try value(of: CBORSuperKey.`super`) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try value(of: key) }
}

/// An array that is being read.
private struct CBORUnkeyedDecodingContainer: UnkeyedDecodingContainer {
  private let array: CBORValueDecoder
  private var next: Int
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { [] }

  init(_ array: CBORValueDecoder) throws {
    guard array.item.kind == .array else { throw array.mismatch("an array") }
    self.array = array
    next = array.index + 1
  }

  var count: Int? { Int(clamping: array.item.argument) }
  var isAtEnd: Bool { next >= Int(array.item.next) }

  /// The next item, which is passed over.
  private mutating func take() throws -> CBORValueDecoder {
    guard !isAtEnd else { throw array.mismatch("a longer array") }
    let item = array.at(next)
    next = Int(item.item.next)
    currentIndex += 1
    return item
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, array.at(next).decodeNil() else { return false }
    _ = try take()
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try take().decode(type) }

  mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try take().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }

  mutating func superDecoder() throws -> any Decoder { try take() }
}
