import FabricCrypto
import WireFormat

/// Seals the messages that we send and opens those that we receive in one IKE SA (RFC 7296 section 3.14, RFC 5282).
final class MessageProtection {
  private let suite: ProtectionSuite
  private let outbound: PacketCipher
  private let inbound: PacketCipher
  private let random: any RandomSource
  private var counter: UInt64 = 0

  /// The IKE header and the generic header of the SK payload stand in front of the IV and are authenticated with it.
  private static let prefixLength = IKEHeader.length + PayloadChain.headerLength

  init(
    suite: IKESuite, keys: IKEKeys, isInitiator: Bool, random: any RandomSource
  ) throws(CryptographyError) {
    let own = isInitiator ? keys.initiator : keys.responder
    let peer = isInitiator ? keys.responder : keys.initiator
    self.suite = suite.protection
    self.outbound = try PacketCipher(
      suite: suite.protection, encryptionKey: own.encryption, integrityKey: own.integrity)
    self.inbound = try PacketCipher(
      suite: suite.protection, encryptionKey: peer.encryption, integrityKey: peer.integrity)
    self.random = random
  }

  /// The message with its payloads inside an SK payload.
  func seal(_ message: IKEMessage) throws(CryptographyError) -> [UInt8] {
    try seal(message.header, ProtectedContents(message.payloads))
  }

  /// A message whose SK payload holds `contents`.
  func seal(_ header: IKEHeader, _ contents: ProtectedContents) throws(CryptographyError) -> [UInt8] {
    let iv = nextIV()
    var text = ByteWriter(capacity: contents.bytes.count + suite.encryption.blockLength)
    text.write(contents.bytes)
    let blockLength = suite.encryption.blockLength
    let padding = (blockLength - (text.count + 1) % blockLength) % blockLength
    text.write(repeating: 0, count: padding)
    text.write(UInt8(padding))

    let bodyLength = PayloadChain.headerLength + iv.count + text.count + suite.icvLength
    var writer = ByteWriter(capacity: IKEHeader.length + bodyLength)
    header.write(to: &writer, firstPayload: .encrypted, bodyLength: bodyLength)
    writer.write(contents.first.rawValue)
    writer.write(UInt8(0))
    writer.write(UInt16(bodyLength))
    writer.write(iv)
    writer.write(text.bytes)
    writer.write(repeating: 0, count: suite.icvLength)
    var bytes = writer.bytes
    let sealed = bytes.withUnsafeMutableBytes { bytes in
      let part = Parts(bytes, suite)
      return Result { () throws(CryptographyError) in
        try outbound.seal(header: part.header, iv: part.iv, text: part.text, icv: part.icv)
      }
    }
    try sealed.get()
    return bytes
  }

  /// The payloads inside a message's SK payload; nil if it is not authentic. Throws if it is, but cannot be read.
  func open(_ message: ReceivedMessage) throws(MessageError) -> IKEMessage? {
    guard let contents = try contents(of: message) else { return nil }
    return IKEMessage(header: message.header, payloads: try contents.payloads())
  }

  /// What stands inside a message's SK payload; nil if it is not authentic.
  func contents(of message: ReceivedMessage) throws(MessageError) -> ProtectedContents? {
    // The payloads in front of SK would be authenticated too, but nothing sends any: they are not accepted.
    let chain = try message.chain()
    guard chain.payloads.isEmpty, let encrypted = chain.encrypted,
      encrypted.body.count > suite.encryption.ivLength + suite.icvLength
    else { return nil }
    var bytes = message.bytes
    let isAuthentic = bytes.withUnsafeMutableBytes { bytes in
      let part = Parts(bytes, suite)
      return inbound.open(header: part.header, iv: part.iv, text: part.text, icv: UnsafeRawBufferPointer(part.icv))
    }
    guard isAuthentic else { return nil }
    let text = bytes[(Self.prefixLength + suite.encryption.ivLength)..<(bytes.count - suite.icvLength)]
    guard let padding = text.last, Int(padding) < text.count else { throw .malformed(.invalid(field: "pad length")) }
    return ProtectedContents(first: encrypted.firstInside, bytes: Array(text.dropLast(Int(padding) + 1)))
  }

  /// An IV that this key has not had: a counter for AES-GCM (RFC 5282 section 3.1), unpredictable bytes for AES-CBC.
  private func nextIV() -> [UInt8] {
    guard suite.encryption.isAEAD else { return random.randomBytes(suite.encryption.ivLength) }
    counter += 1
    var writer = ByteWriter(capacity: 8)
    writer.write(counter)
    return writer.bytes
  }

  /// Where the pieces of a sealed message lie; the caller has made sure that it is long enough.
  private struct Parts {
    let header: UnsafeRawBufferPointer
    let iv: UnsafeRawBufferPointer
    let text: UnsafeMutableRawBufferPointer
    let icv: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer, _ suite: ProtectionSuite) {
      let textStart = prefixLength + suite.encryption.ivLength
      let textEnd = bytes.count - suite.icvLength
      header = UnsafeRawBufferPointer(rebasing: bytes[..<prefixLength])
      iv = UnsafeRawBufferPointer(rebasing: bytes[prefixLength..<textStart])
      text = UnsafeMutableRawBufferPointer(rebasing: bytes[textStart..<textEnd])
      icv = UnsafeMutableRawBufferPointer(rebasing: bytes[textEnd...])
    }
  }
}
