import COpenSSL

/// The IVs of an AES-CBC sender: unpredictable to anyone else and never repeated (RFC 3602 section 3).
///
/// A counter encrypted under a random key of its own (NIST SP 800-38A appendix C): as good as a random number to whoever
/// lacks the key, several times as fast, and free of collisions.
public final class UnpredictableIV {
  private let context: OpenSSLCipher
  private var counter: UInt64 = 0

  /// Draws the key from `random`.
  public init(_ random: some RandomSource) throws(CryptographyError) {
    context = try OpenSSLCipher(.aes128CBC, .seal, keyAndSalt: SecretBytes(random.randomBytes(16)))
  }

  /// Writes the next IV into `iv`, 16 bytes; false if OpenSSL fails.
  public func next(into iv: UnsafeMutableRawBufferPointer) -> Bool {
    counter += 1
    // One block of CBC under a zero IV is the block cipher itself.
    iv.initializeMemory(as: UInt8.self, repeating: 0)
    guard context.start(iv: UnsafeRawBufferPointer(iv)) else { return false }
    iv.storeBytes(of: counter, as: UInt64.self)
    return context.process(iv)
  }
}
