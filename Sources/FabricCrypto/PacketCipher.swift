import COpenSSL

/// Seals and opens the packets of one SA direction in place: the same for IKE's Encrypted payload and for ESP.
///
///     AEAD (RFC 4106, RFC 5282)            encrypt-then-MAC (RFC 4303, RFC 7296 section 3.14)
///
///     header   iv   text        icv        header   iv   text        trailer  icv
///     ╰─ AAD ╯      ╰ encrypted ╯                        ╰ encrypted ╯
///     ╰──────── authenticated ──╯          ╰──────── authenticated ──────────╯
///
/// The OpenSSL contexts are keyed once; a call only sets the IV, so nothing of ours is allocated per packet. Not
/// `Sendable`: the contexts hold the state of the packet at hand.
public final class PacketCipher {
  /// The algorithms.
  public let suite: ProtectionSuite
  private let sealing: CipherContext
  private let opening: CipherContext
  private let authentication: MessageAuthentication?

  /// Prepares the contexts.
  ///
  /// `encryptionKey` is the key with the salt behind it (RFC 4106 section 8.1); `integrityKey` goes with
  /// encrypt-then-MAC only. Throws `CryptographyError.wrongKeyLength` for keys that do not fit the suite.
  public init(suite: ProtectionSuite, encryptionKey: SecretBytes, integrityKey: SecretBytes?)
    throws(CryptographyError)
  {
    self.suite = suite
    self.sealing = try CipherContext(suite.encryption, .seal, keyAndSalt: encryptionKey)
    self.opening = try CipherContext(suite.encryption, .open, keyAndSalt: encryptionKey)
    guard suite.integrityKeyLength == integrityKey?.count ?? 0 else {
      throw .wrongKeyLength(expected: suite.integrityKeyLength, actual: integrityKey?.count ?? 0)
    }
    self.authentication =
      if let integrity = suite.integrity, let integrityKey {
        try MessageAuthentication(integrity, key: integrityKey)
      } else {
        nil
      }
  }

  /// Encrypts `text` in place and writes the check value into `icv`.
  ///
  /// `text` must be a multiple of the cipher's block long; `trailer` is authenticated by encrypt-then-MAC only.
  /// Throws `CryptographyError.wrongLength` where a buffer does not fit the suite.
  public func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer? = nil, icv: UnsafeMutableRawBufferPointer
  ) throws(CryptographyError) {
    guard iv.count == suite.encryption.ivLength else { throw .wrongLength(field: "iv") }
    guard icv.count == suite.icvLength else { throw .wrongLength(field: "icv") }
    guard text.count.isMultiple(of: suite.encryption.blockLength) else { throw .wrongLength(field: "text") }
    guard let authentication else {
      guard sealing.start(iv: iv), sealing.authenticate(header), sealing.process(text), sealing.finish(tag: icv) else {
        throw .library(operation: "seal")
      }
      return
    }
    guard sealing.start(iv: iv), sealing.process(text),
      authentication.compute(header, iv, UnsafeRawBufferPointer(text), trailer, into: icv)
    else { throw .library(operation: "seal") }
  }

  /// Checks `icv` and decrypts `text` in place; false if the packet is not authentic or its lengths do not fit the
  /// suite, and then nothing of the plain text is left in `text`.
  public func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer? = nil, icv: UnsafeRawBufferPointer
  ) -> Bool {
    guard iv.count == suite.encryption.ivLength, icv.count == suite.icvLength,
      text.count.isMultiple(of: suite.encryption.blockLength)
    else { return false }
    guard let authentication else {
      if opening.start(iv: iv), opening.authenticate(header), opening.process(text), opening.verify(tag: icv) {
        return true
      }
      // AES-GCM decrypts before it knows: take back what it wrote.
      text.initializeMemory(as: UInt8.self, repeating: 0)
      return false
    }
    guard authentication.verify(header, iv, UnsafeRawBufferPointer(text), trailer, icv: icv) else { return false }
    return opening.start(iv: iv) && opening.process(text)
  }
}
