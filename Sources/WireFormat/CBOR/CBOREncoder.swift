/// Writes values as CBOR (RFC 8949): structures and enumerations as maps with text keys, `[UInt8]` as byte strings.
///
/// A value's containers are filled one after the other, as the compiler's own conformances do: what was begun inside of
/// another is complete once the other goes on.
public struct CBOREncoder: Sendable {
  /// An encoder.
  public init() {}

  /// The bytes of a value. Throws what the value's own conformance throws, and `EncodingError` for one that writes
  /// nothing.
  public func encode(_ value: some Encodable) throws -> [UInt8] {
    let output = CBOROutput()
    try output.encode(value)
    return output.bytes
  }
}

/// What has been written of a message so far.
final class CBOROutput {
  @exclusivity(unchecked) private var writer = ByteWriter(capacity: 1024)

  var bytes: [UInt8] { writer.bytes }

  func write(_ kind: CBORItem.Kind, _ argument: UInt64) {
    let initial = kind.rawValue << 5
    switch argument {
    case 0...23: writer.write(initial | UInt8(argument))
    case ...UInt64(UInt8.max):
      writer.write(initial | 24)
      writer.write(UInt8(argument))
    case ...UInt64(UInt16.max):
      writer.write(initial | 25)
      writer.write(UInt16(argument))
    case ...UInt64(UInt32.max):
      writer.write(initial | 26)
      writer.write(UInt32(argument))
    default:
      writer.write(initial | 27)
      writer.write(argument)
    }
  }

  func write(integer value: Int64) {
    // RFC 8949 section 3.1: the value of major type 1 is -1 minus the argument.
    if value >= 0 { write(.unsigned, UInt64(value)) } else { write(.negative, UInt64(-1 - value)) }
  }

  func write(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      write(.text, UInt64(utf8.count))
      writer.write(UnsafeRawBufferPointer(utf8))
    }
  }

  func write(byteString bytes: UnsafeRawBufferPointer) {
    write(.bytes, UInt64(bytes.count))
    writer.write(bytes)
  }

  func write(_ value: Float) {
    writer.write(CBORItem.Kind.simple.rawValue << 5 | CBORItem.float32)
    writer.write(value.bitPattern)
  }

  func write(_ value: Double) {
    writer.write(CBORItem.Kind.simple.rawValue << 5 | CBORItem.float64)
    writer.write(value.bitPattern)
  }

  /// Writes a value as its own conformance has it.
  func encode<Value: Encodable>(_ value: Value) throws {
    if Value.self == [UInt8].self, let bytes = value as? [UInt8] {
      return bytes.withUnsafeBytes { write(byteString: $0) }
    }
    let start = writer.count
    try value.encode(to: CBORValueEncoder(output: self))
    guard writer.count > start else {
      throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "\(Value.self) writes nothing"))
    }
  }

  /// Begins an array or a map. How many items it holds is known only at its end, so its count has a fixed length.
  func begin(_ kind: CBORItem.Kind) -> CBORCount {
    writer.write(kind.rawValue << 5 | 26)
    writer.write(UInt32(0))
    return CBORCount(position: writer.count - 4)
  }

  /// Counts one more item of a container.
  func add(to count: inout CBORCount) {
    count.value += 1
    writer.overwrite(count.value, at: count.position)
  }
}

/// How many items a container that is being written holds, and where that is written.
struct CBORCount {
  let position: Int
  var value: UInt32 = 0
}

/// Where one value is written.
struct CBORValueEncoder: Encoder {
  let output: CBOROutput
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(CBORKeyedEncodingContainer<Key>(output))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { CBORUnkeyedEncodingContainer(output) }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension CBORValueEncoder: ByteStringEncodingContainer {
  func encodeNil() { output.write(.simple, CBORItem.nullValue) }
  func encode(_ value: Bool) { output.write(.simple, value ? CBORItem.trueValue : CBORItem.falseValue) }
  func encode(_ value: String) { output.write(value) }
  func encode(_ value: Double) { output.write(value) }
  func encode(_ value: Float) { output.write(value) }
  func encode(_ value: Int) { output.write(integer: Int64(value)) }
  func encode(_ value: Int8) { output.write(integer: Int64(value)) }
  func encode(_ value: Int16) { output.write(integer: Int64(value)) }
  func encode(_ value: Int32) { output.write(integer: Int64(value)) }
  func encode(_ value: Int64) { output.write(integer: value) }
  func encode(_ value: UInt) { output.write(.unsigned, UInt64(value)) }
  func encode(_ value: UInt8) { output.write(.unsigned, UInt64(value)) }
  func encode(_ value: UInt16) { output.write(.unsigned, UInt64(value)) }
  func encode(_ value: UInt32) { output.write(.unsigned, UInt64(value)) }
  func encode(_ value: UInt64) { output.write(.unsigned, value) }
  func encode(_ value: some Encodable) throws { try output.encode(value) }
  func encode(byteString: UnsafeRawBufferPointer) { output.write(byteString: byteString) }
}

/// A map that is being written.
private struct CBORKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  private let output: CBOROutput
  private var count: CBORCount
  var codingPath: [any CodingKey] { [] }

  init(_ output: CBOROutput) {
    self.output = output
    count = output.begin(.map)
  }

  private mutating func begin(_ key: some CodingKey) -> CBORValueEncoder {
    output.add(to: &count)
    output.write(key.stringValue)
    return CBORValueEncoder(output: output)
  }

  mutating func encodeNil(forKey key: Key) { begin(key).encodeNil() }

  mutating func encode(_ value: some Encodable, forKey key: Key) throws { try begin(key).encode(value) }

  mutating func nestedContainer<Nested>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { begin(key).container(keyedBy: type) }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    begin(key).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { begin(CBORSuperKey.`super`) }
  mutating func superEncoder(forKey key: Key) -> any Encoder { begin(key) }
}

/// An array that is being written.
private struct CBORUnkeyedEncodingContainer: UnkeyedEncodingContainer {
  private let output: CBOROutput
  private var written: CBORCount
  var codingPath: [any CodingKey] { [] }
  var count: Int { Int(written.value) }

  init(_ output: CBOROutput) {
    self.output = output
    written = output.begin(.array)
  }

  private mutating func begin() -> CBORValueEncoder {
    output.add(to: &written)
    return CBORValueEncoder(output: output)
  }

  mutating func encodeNil() { begin().encodeNil() }

  mutating func encode(_ value: some Encodable) throws { try begin().encode(value) }

  mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    begin().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { begin().unkeyedContainer() }

  mutating func superEncoder() -> any Encoder { begin() }
}

/// Where the part of a value is that its superclass writes.
enum CBORSuperKey: String, CodingKey {
  case `super`
}
