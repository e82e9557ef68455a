/// Where a format has room for bytes as such, and a secret need not become text, of which copies would stay behind.
public protocol ByteStringEncodingContainer: SingleValueEncodingContainer {
  /// Encodes one byte string.
  mutating func encode(byteString: UnsafeRawBufferPointer) throws
}

/// What a `ByteStringEncodingContainer` has written.
public protocol ByteStringDecodingContainer: SingleValueDecodingContainer {
  /// Lends the bytes of a byte string for the time of `body`; they must not be kept.
  func decodeByteString<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
}
