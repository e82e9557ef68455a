import WireFormat

/// Ni, Nr: fresh random bytes that go into every key (RFC 7296 section 3.9); the payload is the nonce and nothing else.
struct NoncePayload: Hashable {
  /// RFC 7296 section 3.9: from 16 to 256 bytes.
  static let lengths = 16...256
  /// RFC 7296 section 2.10: at least half the key size of the pseudorandom function; 32 serves all of ours.
  static let ownLength = 32

  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    guard NoncePayload.lengths.contains(reader.remaining) else { throw .invalid(field: "nonce length") }
    self.bytes = Array(reader.readRemaining())
  }
}
