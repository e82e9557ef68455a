/// Seals and opens the packets of one SA direction in place: the same for IKE's Encrypted payload and for ESP.
///
///     AEAD (RFC 4106, RFC 5282, RFC 7634)  encrypt-then-MAC (RFC 4303, RFC 7296 section 3.14)
///
///     header   iv   text        icv        header   iv   text        trailer  icv
///     ╰─ AAD ╯      ╰ encrypted ╯                        ╰ encrypted ╯
///     ╰──────── authenticated ──╯          ╰──────── authenticated ──────────╯
///
/// The keys are prepared once; a call only sets the IV, so nothing of ours is allocated per packet. Not `Sendable`: the
/// contexts hold the state of the packet at hand.
public final class PacketCipher {
  /// The algorithms.
  public let suite: ProtectionSuite
  /// Whose code does the work.
  public let implementation: CipherImplementation
  private let engine: CipherEngine
  private let ivLength, icvLength: Int
  /// The block's length less one, to mask with.
  private let blockMask: Int

  /// Prepares the keys for the fastest implementation on this machine.
  ///
  /// `encryptionKey` is the key with the salt behind it (RFC 4106 section 8.1); `integrityKey` goes with
  /// encrypt-then-MAC only. Throws `CryptographyError.wrongKeyLength` for keys that do not fit the suite.
  public convenience init(suite: ProtectionSuite, encryptionKey: SecretBytes, integrityKey: SecretBytes?)
    throws(CryptographyError)
  {
    try self.init(
      suite: suite, encryptionKey: encryptionKey, integrityKey: integrityKey,
      implementation: .fastest(for: suite))
  }

  /// Prepares the keys for `implementation`, which must be one that the machine has for the suite.
  public init(
    suite: ProtectionSuite, encryptionKey: SecretBytes, integrityKey: SecretBytes?,
    implementation: CipherImplementation
  ) throws(CryptographyError) {
    self.suite = suite
    self.implementation = implementation
    ivLength = suite.encryption.ivLength
    icvLength = suite.icvLength
    blockMask = suite.encryption.blockLength - 1
    guard suite.integrityKeyLength == integrityKey?.count ?? 0 else {
      throw .wrongKeyLength(expected: suite.integrityKeyLength, actual: integrityKey?.count ?? 0)
    }
    engine = try CipherEngine(suite, encryptionKey, integrityKey, implementation)
  }

  /// Encrypts `text` in place and writes the check value into `icv`.
  ///
  /// `text` must be a multiple of the cipher's block long; `trailer` is authenticated by encrypt-then-MAC only.
  /// Throws `CryptographyError.wrongLength` where a buffer does not fit the suite.
  public func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer? = nil, icv: UnsafeMutableRawBufferPointer
  ) throws(CryptographyError) {
    try checkLengths(iv: iv, text: text, icv: icv)
    guard engine.seal(header: header, iv: iv, text: text, trailer: trailer, icv: icv) else {
      throw .library(operation: "seal")
    }
  }

  /// Seals a packet as `seal` does, but perhaps not before `finish`, together with others: until then its bytes stay where
  /// they are and must not be sent.
  public func sealLater(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer? = nil, icv: UnsafeMutableRawBufferPointer
  ) throws(CryptographyError) {
    try checkLengths(iv: iv, text: text, icv: icv)
    guard engine.sealLater(header: header, iv: iv, text: text, trailer: trailer, icv: icv) else {
      throw .library(operation: "seal")
    }
  }

  /// Seals all packets that `sealLater` has let wait; false if one of them could not be sealed, and then none of them may be
  /// sent.
  public func finish() -> Bool { engine.finish() }

  @inline(__always)
  private func checkLengths(
    iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer, icv: UnsafeMutableRawBufferPointer
  ) throws(CryptographyError) {
    guard iv.count == ivLength else { throw .wrongLength(field: "iv") }
    guard icv.count == icvLength else { throw .wrongLength(field: "icv") }
    guard text.count & blockMask == 0 else { throw .wrongLength(field: "text") }
  }

  /// Checks `icv` and decrypts `text` in place; false if the packet is not authentic or its lengths do not fit the
  /// suite, and then nothing of the plain text is left in `text`.
  public func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer? = nil, icv: UnsafeRawBufferPointer
  ) -> Bool {
    guard iv.count == ivLength, icv.count == icvLength, text.count & blockMask == 0 else { return false }
    return engine.open(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
  }
}
