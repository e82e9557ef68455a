/// Appends big-endian fields to a growing byte array.
public struct ByteWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty writer with room for `capacity` bytes.
  public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Number of bytes written.
  public var count: Int { bytes.count }

  /// Appends one integer, most significant byte first.
  public mutating func write<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
    var shift = Value.bitWidth
    while shift > 0 {
      shift -= 8
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Appends raw bytes.
  public mutating func write(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends `count` copies of `byte`.
  public mutating func write(repeating byte: UInt8, count: Int) {
    bytes.append(contentsOf: repeatElement(byte, count: max(0, count)))
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
  public mutating func overwrite<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value, at offset: Int) {
    precondition(offset >= 0 && offset + Value.bitWidth / 8 <= bytes.count, "overwrite past the end of the writer")
    for index in 0..<(Value.bitWidth / 8) {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (Value.bitWidth - 8 * (index + 1)))
    }
  }
}
