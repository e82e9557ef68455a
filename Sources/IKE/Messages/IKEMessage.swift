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

/// An IKE message as it came off the wire: its header is read, the rest is not yet.
struct ReceivedMessage {
  let header: IKEHeader
  /// The whole datagram.
  let bytes: [UInt8]
  private let firstPayload: PayloadType

  /// Reads the header of a datagram.
  init(_ bytes: [UInt8]) throws(MessageError) {
    var reader = ByteReader(bytes)
    var first = PayloadType.none
    self.header = try IKEHeader(&reader, datagramLength: bytes.count, firstPayload: &first)
    self.firstPayload = first
    self.bytes = bytes
  }

  /// Whether the message came as one of several fragments.
  var isFragment: Bool { firstPayload == .encryptedFragment }

  /// Reads the payloads behind the header; those of a protected message stay sealed.
  func chain() throws(MessageError) -> PayloadChain {
    var reader = ByteReader(bytes[IKEHeader.length...])
    return try PayloadChain(first: firstPayload, &reader)
  }

  /// Reads a message that is not protected.
  func plain() throws(MessageError) -> IKEMessage {
    let chain = try chain()
    guard chain.encrypted == nil else {
      throw .malformed(.invalid(field: "encrypted payload in \(header.exchangeType)"))
    }
    return IKEMessage(header: header, payloads: chain.payloads)
  }
}
