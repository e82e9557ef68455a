import WireFormat

/// Payloads chained by their generic headers (RFC 7296 section 3.2).
///
/// ```
///                      1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Next Payload  |C|  RESERVED   |         Payload Length        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct PayloadChain {
  /// Bytes of the generic header.
  static let headerLength = 4
  /// More payloads than any real message has; a longer chain is an attack.
  static let maximumCount = 64

  /// The payloads in the order of the message.
  private(set) var payloads: [Payload]
  /// What stands in an SK or SKF payload at the end, still sealed.
  private(set) var encrypted: EncryptedPayload?

  /// Reads a chain that fills the reader to its end and starts with a payload of type `first`.
  init(first: PayloadType, _ reader: inout ByteReader) throws(MessageError) {
    self.payloads = []
    var next = first
    do {
      while next != .none {
        guard payloads.count < PayloadChain.maximumCount else { throw WireFormatError.invalid(field: "payload count") }
        let type = next
        next = PayloadType(rawValue: try reader.readUInt8())
        let isCritical = try reader.readUInt8() & 0x80 != 0
        let length = Int(try reader.readUInt16())
        guard length >= PayloadChain.headerLength else { throw WireFormatError.invalid(field: "payload length") }
        var body = try reader.subreader(length - PayloadChain.headerLength)
        if type == .encrypted || type == .encryptedFragment {
          let position = type == .encryptedFragment ? try FragmentPosition(&body) : nil
          // RFC 7296 section 3.14: the next payload field names the first payload inside, so SK is the last outside.
          self.encrypted = EncryptedPayload(firstInside: next, position: position, body: body.readRemaining())
          break
        }
        payloads.append(try Payload(type, isCritical: isCritical, &body))
      }
      guard reader.isAtEnd else { throw WireFormatError.invalid(field: "bytes behind the last payload") }
    } catch {
      throw MessageError(error)
    }
  }

  /// Writes payloads one behind the other, each with its generic header.
  static func write(_ payloads: [Payload], to writer: inout ByteWriter) {
    for (index, payload) in payloads.enumerated() {
      let start = writer.count
      let next = index + 1 < payloads.count ? payloads[index + 1].type : .none
      writer.write(next.rawValue)
      writer.write(UInt8(0))
      writer.write(UInt16(0))
      payload.writeBody(to: &writer)
      let length = writer.count - start
      // What we send is bounded by `IKEConnection.fault` and the limits on what is echoed.
      precondition(length <= Int(UInt16.max), "a payload of ours is too long")
      writer.overwrite(UInt16(length), at: start + 2)
    }
  }
}
