import WireFormat

/// V: a peer's mark of its own making (RFC 7296 section 3.12); the payload is the mark and nothing else.
struct VendorIDPayload: Hashable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(_ reader: inout ByteReader) { self.bytes = Array(reader.readRemaining()) }
}
