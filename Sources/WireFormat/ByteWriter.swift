/// Appends big-endian fields to a growing byte array.
///
/// Inlinable, so that it is compiled for the integers that other modules write.
public struct ByteWriter: Sendable {
  @usableFromInline var storage: [UInt8] = []

  /// What has been written so far.
  @inlinable public var bytes: [UInt8] { storage }

  /// An empty writer with room for `capacity` bytes.
  @inlinable public init(capacity: Int = 0) { storage.reserveCapacity(capacity) }

  /// Number of bytes written.
  @inlinable public var count: Int { storage.count }

  /// Appends one integer, most significant byte first.
  @inlinable
  public mutating func write<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
    withUnsafeBytes(of: value.bigEndian) { storage.append(contentsOf: $0) }
  }

  /// Appends raw bytes.
  @inlinable public mutating func write(_ more: some Sequence<UInt8>) { storage.append(contentsOf: more) }

  /// Appends `count` copies of `byte`.
  @inlinable
  public mutating func write(repeating byte: UInt8, count: Int) {
    storage.append(contentsOf: repeatElement(byte, count: max(0, count)))
  }

  /// Writes what `body` writes behind a 16-bit length field; the length counts `overhead` bytes before the body as well
  /// as the length field itself when the format says so.
  ///
  /// A body that does not fit 16 bits throws `WireFormatError.invalid`, and nothing partial is left behind.
  public mutating func writeLengthPrefixed16(
    overhead: Int, field: String, _ body: (inout ByteWriter) throws -> Void
  ) throws {
    var inner = ByteWriter()
    try body(&inner)
    guard let length = UInt16(exactly: inner.count + overhead) else { throw WireFormatError.invalid(field: field) }
    write(length)
    write(inner.bytes)
  }

  /// Overwrites a big-endian integer at `offset`, for lengths known only at the end.
  ///
  /// `offset` is the caller's own arithmetic, never a peer's: out of range is our bug and stops the process.
  @inlinable
  public mutating func overwrite<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value, at offset: Int) {
    precondition(offset >= 0 && offset + Value.bitWidth / 8 <= count, "overwrite past the end of the writer")
    for index in 0..<(Value.bitWidth / 8) {
      storage[offset + index] = UInt8(truncatingIfNeeded: value >> (Value.bitWidth - 8 * (index + 1)))
    }
  }
}
