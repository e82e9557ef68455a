import FabricCrypto

/// An initiator of IKE that can set up a session as well as any, and then sends whatever it is told. It is written from
/// RFC 7296 and shares nothing with the engine but the cryptography.
struct FuzzedInitiator {
  private let keyExchange: KeyExchange
  private let nonce = [UInt8](repeating: 0xA1, count: 32)
  private let spi: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

  init() throws { keyExchange = try KeyExchange(.curve25519) }

  /// IKE_SA_INIT.
  var request: [UInt8] {
    let payloads = IKEPayloads().adding(33, IKEPayloads.ikeProposal)
      .adding(34, bigEndian16(31) + [0, 0] + keyExchange.publicValue).adding(40, nonce)
      // IKEV2_FRAGMENTATION_SUPPORTED, and SIGNATURE_HASH_ALGORITHMS with SHA-256 and Identity.
      .adding(41, [0, 0] + bigEndian16(16430)).adding(41, [0, 0] + bigEndian16(16431) + [0, 2, 0, 5])
    return FuzzedInitiator.header(
      spis: spi + [UInt8](repeating: 0, count: 8), first: payloads.first, exchange: 34, flags: 0x08, messageID: 0,
      length: payloads.bytes.count) + payloads.bytes
  }

  /// The session that the response opens.
  private func session(_ response: [UInt8]) throws -> FuzzedSession? {
    guard response.count > 28, let value = payload(34, of: response)?.dropFirst(4),
      let peerNonce = payload(40, of: response)
    else { return nil }
    let prf = PseudorandomFunction.hmacSHA256
    let secret = try keyExchange.sharedSecret(with: Array(value))
    let spis = spi + response[8..<16]
    // RFC 7296 section 2.14; with AES-GCM, SK_ai and SK_ar are empty.
    let seed = prf(key: SecretBytes(nonce + peerNonce), secret)
    let keys = try prf.expand(key: seed, seed: nonce + peerNonce + spis, count: 32 + 2 * 36 + 2 * 32)
    guard let encryption = keys.slice(32..<68), let authentication = keys.slice(104..<136) else { return nil }
    return FuzzedSession(
      spis: spis, signed: request + peerNonce, authenticationKey: authentication,
      cipher: try PacketCipher(
        suite: .aead(.aes256GCM16), encryptionKey: encryption, integrityKey: nil, implementation: .openSSL))
  }

  /// Sets a session up, through IKE_SA_INIT or IKE_AUTH; nil unless the responder answers.
  func session(with responder: inout FuzzedResponder, authenticates: Bool) throws -> FuzzedSession? {
    guard let response = responder.receive(request).first, var session = try session(response) else { return nil }
    guard authenticates else { return session }
    let payloads = session.authentication
    let message = try session.protected(
      exchange: 35, flags: 0x08, messageID: session.next(step: 1), first: payloads.first, payloads.bytes)
    return responder.receive(message).isEmpty ? nil : session
  }

  /// The body of the first payload of a type.
  private func payload(_ type: UInt8, of message: [UInt8]) -> [UInt8]? {
    var next = message[16]
    var offset = 28
    while next != 0, offset + 4 <= message.count {
      let length = Int(message[offset + 2]) << 8 | Int(message[offset + 3])
      guard length >= 4, offset + length <= message.count else { return nil }
      if next == type { return Array(message[(offset + 4)..<(offset + length)]) }
      next = message[offset]
      offset += length
    }
    return nil
  }

  /// RFC 7296 section 3.1.
  static func header(
    spis: [UInt8], first: UInt8, exchange: UInt8, flags: UInt8, messageID: UInt32, length: Int
  ) -> [UInt8] {
    spis + [first, 0x20, exchange, flags] + bigEndian32(messageID) + bigEndian32(UInt32(28 + length))
  }
}

/// A session with a responder, seen from its peer.
struct FuzzedSession {
  fileprivate let spis: [UInt8]
  /// The beginning of what AUTH signs: RealMessage1 | NonceRData.
  fileprivate let signed: [UInt8]
  fileprivate let authenticationKey: SecretBytes
  fileprivate let cipher: PacketCipher
  private var counter: UInt32 = 0
  private var messageID: UInt32 = 0

  fileprivate init(spis: [UInt8], signed: [UInt8], authenticationKey: SecretBytes, cipher: PacketCipher) {
    self.spis = spis
    self.signed = signed
    self.authenticationKey = authenticationKey
    self.cipher = cipher
  }

  /// The payloads of IKE_AUTH (RFC 7296 section 2.15).
  var authentication: IKEPayloads {
    let prf = PseudorandomFunction.hmacSHA256
    let identity = [2, 0, 0, 0] + Array(FuzzedResponder.peerIdentity.utf8)
    let maskedIdentity = prf(key: authenticationKey, identity).withUnsafeBytes { Array($0) }
    let key = prf(key: SecretBytes(FuzzedResponder.presharedKey), Array("Key Pad for IKEv2".utf8))
    let proof = prf(key: key, signed + maskedIdentity).withUnsafeBytes { Array($0) }
    return IKEPayloads().adding(35, identity).adding(39, [2, 0, 0, 0] + proof)
      .adding(33, IKEPayloads.espProposal).adding(44, IKEPayloads.anyIPv4).adding(45, IKEPayloads.anyIPv4)
  }

  /// The message ID that lies a signed step from the one before.
  mutating func next(step: UInt8) -> UInt32 {
    messageID &+= UInt32(bitPattern: Int32(Int8(bitPattern: step)))
    return messageID
  }

  /// A message whose Encrypted payload (RFC 7296 section 3.14, RFC 5282) holds these bytes, or a fragment of one (RFC 7383
  /// section 2.5).
  mutating func protected(
    exchange: UInt8, flags: UInt8, messageID: UInt32, first: UInt8, _ payloads: [UInt8],
    fragment: (number: Int, total: Int)? = nil
  ) throws -> [UInt8] {
    counter += 1
    let text = payloads + [0]
    let position = fragment.map { bigEndian16($0.number) + bigEndian16($0.total) } ?? []
    let bodyLength = 4 + position.count + 8 + text.count + 16
    let ivStart = 28 + 4 + position.count
    var message =
      FuzzedInitiator.header(
        spis: spis, first: fragment == nil ? 46 : 53, exchange: exchange, flags: flags, messageID: messageID,
        length: bodyLength)
      + [first, 0] + bigEndian16(bodyLength) + position + [0, 0, 0, 0] + bigEndian32(counter) + text
      + [UInt8](repeating: 0, count: 16)
    try message.withUnsafeMutableBytes { bytes in
      let (textStart, end) = (ivStart + 8, bytes.count - 16)
      try cipher.seal(
        header: UnsafeRawBufferPointer(rebasing: bytes[..<ivStart]),
        iv: UnsafeRawBufferPointer(rebasing: bytes[ivStart..<textStart]),
        text: UnsafeMutableRawBufferPointer(rebasing: bytes[textStart..<end]),
        icv: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
    }
    return message
  }
}
