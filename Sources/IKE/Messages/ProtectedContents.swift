import WireFormat

/// What stands inside a message's SK payload, or in all its fragments together: the chain of payloads as its sender wrote
/// it (RFC 7296 section 3.14).
struct ProtectedContents: Hashable {
  /// The type of the first payload.
  let first: PayloadType
  let bytes: [UInt8]
}

extension ProtectedContents {
  /// The contents of a message of ours.
  init(_ payloads: [Payload]) {
    var writer = ByteWriter()
    PayloadChain.write(payloads, to: &writer)
    self.init(first: payloads.first?.type ?? .none, bytes: writer.bytes)
  }

  /// Reads the payloads.
  func payloads() throws(MessageError) -> [Payload] {
    var reader = ByteReader(bytes)
    let chain = try PayloadChain(first: first, &reader)
    guard chain.encrypted == nil else { throw .malformed(.invalid(field: "encrypted payload inside another")) }
    return chain.payloads
  }
}
