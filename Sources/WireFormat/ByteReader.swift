/// Why a fixed-layout structure could not be read.
public enum WireFormatError: Error, Equatable, Sendable {
  /// `needed` more bytes were asked for than the `available` ones that are left.
  case truncated(needed: Int, available: Int)
  /// A field holds a value that the format forbids; `field` names it in the RFC's words.
  case invalid(field: String)
}

/// Reads big-endian fields off a byte array, front to back; every length is checked before it is used.
///
/// Nothing read from a wire can trap (DESIGN.md section 5, invariant 4): each read throws `WireFormatError.truncated`
/// rather than run past the end.
public struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  /// A reader over the whole of `bytes`.
  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  /// A reader over a slice; positions are counted from the slice's start.
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.position = bytes.startIndex
  }

  /// Bytes not yet read.
  public var remaining: Int { bytes.endIndex - position }

  /// Bytes already read.
  public var consumed: Int { position - bytes.startIndex }

  /// Whether all bytes have been read.
  public var isAtEnd: Bool { remaining == 0 }

  /// Takes the next `count` bytes as a slice that shares the storage.
  public mutating func read(_ count: Int) throws(WireFormatError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else { throw .truncated(needed: count, available: remaining) }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  /// Takes all bytes that are left.
  public mutating func readRemaining() -> ArraySlice<UInt8> {
    defer { position = bytes.endIndex }
    return bytes[position...]
  }

  /// Takes the next `count` bytes as a reader of their own, so that a nested structure cannot read past its length.
  public mutating func subreader(_ count: Int) throws(WireFormatError) -> ByteReader { ByteReader(try read(count)) }

  /// Passes over `count` bytes.
  public mutating func skip(_ count: Int) throws(WireFormatError) { _ = try read(count) }

  /// Reads one big-endian integer of the width of `Value`.
  public mutating func readInteger<Value: FixedWidthInteger & UnsignedInteger>(
    as type: Value.Type = Value.self
  ) throws(WireFormatError) -> Value {
    var value: Value = 0
    for byte in try read(Value.bitWidth / 8) { value = value << 8 | Value(truncatingIfNeeded: byte) }
    return value
  }

  /// Reads one byte.
  public mutating func readUInt8() throws(WireFormatError) -> UInt8 { try readInteger() }
  /// Reads a big-endian 16-bit integer.
  public mutating func readUInt16() throws(WireFormatError) -> UInt16 { try readInteger() }
  /// Reads a big-endian 32-bit integer.
  public mutating func readUInt32() throws(WireFormatError) -> UInt32 { try readInteger() }
  /// Reads a big-endian 64-bit integer.
  public mutating func readUInt64() throws(WireFormatError) -> UInt64 { try readInteger() }
}
