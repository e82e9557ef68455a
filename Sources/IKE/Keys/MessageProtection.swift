import FabricCrypto
import WireFormat

/// Seals the messages that we send and opens those that we receive in one IKE SA (RFC 7296 section 3.14, RFC 5282).
final class MessageProtection {
  /// The least bytes of contents and padding; a multiple of every cipher's block.
  private static let shortestText = 16

  private let suite: ProtectionSuite
  private let outbound: PacketCipher
  private let inbound: PacketCipher
  private let random: any RandomSource
  private var counter: UInt64 = 0

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
    try seal(message.header, ProtectedContents(message.payloads), position: nil)
  }

  /// A message whose SK payload holds `contents`, or whose SKF payload holds this piece of them.
  func seal(
    _ header: IKEHeader, _ contents: ProtectedContents, position: FragmentPosition?
  ) throws(CryptographyError) -> [UInt8] {
    let iv = nextIV()
    let padding = paddingLength(contents.bytes.count)
    let bodyLength =
      prefixLength(position) - IKEHeader.length + iv.count + contents.bytes.count + padding + 1 + suite.icvLength
    var writer = ByteWriter(capacity: IKEHeader.length + bodyLength)
    header.write(to: &writer, firstPayload: position == nil ? .encrypted : .encryptedFragment, bodyLength: bodyLength)
    writer.write(contents.first.rawValue)
    writer.write(UInt8(0))
    writer.write(UInt16(bodyLength))
    position?.write(to: &writer)
    writer.write(iv)
    writer.write(contents.bytes)
    writer.write(repeating: 0, count: padding)
    writer.write(UInt8(padding))
    writer.write(repeating: 0, count: suite.icvLength)
    var bytes = writer.bytes
    let sealed = bytes.withUnsafeMutableBytes { bytes in
      let part = Parts(bytes, suite, prefixLength: prefixLength(position))
      return Result { () throws(CryptographyError) in
        try outbound.seal(header: part.header, iv: part.iv, text: part.text, icv: part.icv)
      }
    }
    try sealed.get()
    return bytes
  }

  /// How many bytes of the contents a fragment holds in a datagram of `length` bytes; none may be left.
  func contentLength(ofFragment length: Int) -> Int {
    let text = length - FragmentPosition.prefixLength - suite.encryption.ivLength - suite.icvLength
    return max(0, text - text % suite.encryption.blockLength - 1)
  }

  /// What an SK or SKF payload held.
  struct Opened {
    let contents: ProtectedContents
    /// Which piece of the message this is; nil for the whole of it.
    let position: FragmentPosition?
  }

  /// The payloads inside a message's SK payload; nil if it is not authentic, or not whole. Throws if it is, but cannot be
  /// read.
  func open(_ message: ReceivedMessage) throws(MessageError) -> IKEMessage? {
    guard let opened = try openPart(message), opened.position == nil else { return nil }
    return IKEMessage(header: message.header, payloads: try opened.contents.payloads())
  }

  /// What is inside a message's SK or SKF payload; nil if it is not authentic. Throws if it is, but cannot be read.
  func openPart(_ message: ReceivedMessage) throws(MessageError) -> Opened? {
    // The payloads in front of SK would be authenticated too, but nothing sends any: they are not accepted.
    let chain = try message.chain()
    guard chain.payloads.isEmpty, let encrypted = chain.encrypted,
      encrypted.body.count > suite.encryption.ivLength + suite.icvLength
    else { return nil }
    var bytes = message.bytes
    let prefixLength = prefixLength(encrypted.position)
    let isAuthentic = bytes.withUnsafeMutableBytes { bytes in
      let part = Parts(bytes, suite, prefixLength: prefixLength)
      return inbound.open(header: part.header, iv: part.iv, text: part.text, icv: UnsafeRawBufferPointer(part.icv))
    }
    guard isAuthentic else { return nil }
    let text = bytes[(prefixLength + suite.encryption.ivLength)..<(bytes.count - suite.icvLength)]
    guard let padding = text.last, Int(padding) < text.count else { throw .malformed(.invalid(field: "pad length")) }
    let contents = ProtectedContents(first: encrypted.firstInside, bytes: Array(text.dropLast(Int(padding) + 1)))
    return Opened(contents: contents, position: encrypted.position)
  }

  /// The headers in front of the IV, which are authenticated with it.
  private func prefixLength(_ position: FragmentPosition?) -> Int {
    position == nil ? IKEHeader.length + PayloadChain.headerLength : FragmentPosition.prefixLength
  }

  /// RFC 7296 section 3.14: the padding may be longer than it has to. A liveness check is made as long as the answer of a peer
  /// that has lost the IKE SA (RFC 6290), which so amplifies nothing.
  private func paddingLength(_ count: Int) -> Int {
    let blockLength = suite.encryption.blockLength
    let padding = (blockLength - (count + 1) % blockLength) % blockLength
    return max(padding, MessageProtection.shortestText - count - 1)
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

    init(_ bytes: UnsafeMutableRawBufferPointer, _ suite: ProtectionSuite, prefixLength: Int) {
      let textStart = prefixLength + suite.encryption.ivLength
      let textEnd = bytes.count - suite.icvLength
      header = UnsafeRawBufferPointer(rebasing: bytes[..<prefixLength])
      iv = UnsafeRawBufferPointer(rebasing: bytes[prefixLength..<textStart])
      text = UnsafeMutableRawBufferPointer(rebasing: bytes[textStart..<textEnd])
      icv = UnsafeMutableRawBufferPointer(rebasing: bytes[textEnd...])
    }
  }
}
