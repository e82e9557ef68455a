import WireFormat

/// An IKE message whose payloads can be read: a plain one, or one that has been opened.
struct IKEMessage: Hashable {
  var header: IKEHeader
  var payloads: [Payload]

  /// The message in clear, as IKE_SA_INIT sends it.
  func encoded() -> [UInt8] {
    var body = ByteWriter()
    PayloadChain.write(payloads, to: &body)
    var writer = ByteWriter(capacity: IKEHeader.length + body.count)
    header.write(to: &writer, firstPayload: payloads.first?.type ?? .none, bodyLength: body.count)
    writer.write(body.bytes)
    return writer.bytes
  }
}

/// An IKE message as it came off the wire: header read, plain payloads read, the encrypted one still sealed.
struct ReceivedMessage {
  let header: IKEHeader
  /// Payloads in clear; in a protected message they are not authenticated by themselves and are not used.
  let payloads: [Payload]
  /// The sealed rest, if any.
  let encrypted: EncryptedPayload?
  /// The whole datagram.
  let bytes: [UInt8]

  /// Reads a datagram.
  init(_ bytes: [UInt8]) throws(MessageError) {
    var reader = ByteReader(bytes)
    var first = PayloadType.none
    self.header = try IKEHeader(&reader, datagramLength: bytes.count, firstPayload: &first)
    let chain = try PayloadChain(first: first, &reader)
    self.payloads = chain.payloads
    self.encrypted = chain.encrypted
    self.bytes = bytes
  }
}
