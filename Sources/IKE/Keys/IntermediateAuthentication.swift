import FabricCrypto
import WireFormat

/// How AUTH covers the IKE_INTERMEDIATE exchanges (RFC 9242 section 3.3.2):
///
///     IntAuth    = IntAuth_iN | IntAuth_rN | IKE_AUTH_MID
///     IntAuth_iN = prf(SK_piN, [IntAuth_iN-1 |] IntAuth_iNA | IntAuth_iNP)
///     IntAuth_rN = prf(SK_prN, [IntAuth_rN-1 |] IntAuth_rNA | IntAuth_rNP)
///
/// A is the message up to the header of its SK payload, as if it were neither sealed nor fragmented; P is what stands
/// inside. The keys are those that protect the message.
struct IntermediateAuthentication {
  private var initiator: [UInt8] = []
  private var responder: [UInt8] = []
  private var lastMessageID: UInt32 = 0

  /// Adds the next message of either end, protected by `sa`.
  mutating func add(_ header: IKEHeader, _ contents: ProtectedContents, protectedBy sa: IKESA) {
    let message = IntermediateAuthentication.plain(header, contents)
    let prf = sa.suite.pseudorandomFunction
    lastMessageID = header.messageID
    // The initiator of the IKE SA is that of all IKE_INTERMEDIATE exchanges.
    if header.isResponse {
      responder = prf(key: sa.keys.responderAuthentication, responder + message).withUnsafeBytes { Array($0) }
    } else {
      initiator = prf(key: sa.keys.initiatorAuthentication, initiator + message).withUnsafeBytes { Array($0) }
    }
  }

  /// What stands at the end of the octets that AUTH is computed over; empty where there was no such exchange.
  var octets: [UInt8] {
    guard !initiator.isEmpty else { return [] }
    var writer = ByteWriter(capacity: initiator.count + responder.count + 4)
    writer.write(initiator)
    writer.write(responder)
    // IKE_AUTH, whose Message ID this is, is the next exchange.
    writer.write(lastMessageID + 1)
    return writer.bytes
  }

  /// The message as it would be without initialization vector, padding and check value.
  private static func plain(_ header: IKEHeader, _ contents: ProtectedContents) -> [UInt8] {
    let bodyLength = PayloadChain.headerLength + contents.bytes.count
    var writer = ByteWriter(capacity: IKEHeader.length + bodyLength)
    header.write(to: &writer, firstPayload: .encrypted, bodyLength: bodyLength)
    writer.write(contents.first.rawValue)
    writer.write(UInt8(0))
    writer.write(UInt16(clamping: bodyLength))
    writer.write(contents.bytes)
    return writer.bytes
  }
}
