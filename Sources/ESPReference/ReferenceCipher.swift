import Crypto
import CryptoExtras
import ESP
import FabricCrypto

/// The suites of ESP by another library than the one under test, on arrays.
struct ReferenceCipher {
  let suite: ProtectionSuite
  private let key: SymmetricKey
  private let salt: [UInt8]
  private let integrityKey: SymmetricKey

  init(_ suite: ProtectionSuite, _ keys: ESPKeys) {
    self.suite = suite
    let encryption = keys.encryption.withUnsafeBytes { Array($0) }
    key = SymmetricKey(data: encryption.prefix(suite.encryption.keyLength))
    // RFC 4106 section 8.1: the salt is the end of the keying material.
    salt = Array(encryption.dropFirst(suite.encryption.keyLength))
    integrityKey = SymmetricKey(data: keys.integrity?.withUnsafeBytes { Array($0) } ?? [])
  }

  /// The cipher text and the integrity check value; `high` is the upper half of an extended sequence number.
  func seal(header: [UInt8], high: [UInt8]?, iv: [UInt8], text: [UInt8]) throws -> [UInt8] {
    let nonce = salt + iv
    let additional = additionalData(header, high)
    switch suite.encryption {
    case .aes128GCM16, .aes256GCM16:
      let box = try AES.GCM.seal(text, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: additional)
      return Array(box.ciphertext) + Array(box.tag)
    case .chaCha20Poly1305:
      let box = try ChaChaPoly.seal(
        text, using: key, nonce: ChaChaPoly.Nonce(data: nonce), authenticating: additional)
      return Array(box.ciphertext) + Array(box.tag)
    case .aes128CBC, .aes256CBC:
      let encrypted = try AES._CBC.encrypt(text, using: key, iv: AES._CBC.IV(ivBytes: iv), noPadding: true)
      return Array(encrypted) + authenticator(header + iv + Array(encrypted) + (high ?? []))
    }
  }

  /// The clear text; nil if the check value is another one.
  func open(header: [UInt8], high: [UInt8]?, iv: [UInt8], sealed: [UInt8]) throws -> [UInt8]? {
    let text = Array(sealed.dropLast(suite.icvLength))
    let icv = Array(sealed.suffix(suite.icvLength))
    let nonce = salt + iv
    let additional = additionalData(header, high)
    switch suite.encryption {
    case .aes128GCM16, .aes256GCM16:
      let box = try AES.GCM.SealedBox(nonce: AES.GCM.Nonce(data: nonce), ciphertext: text, tag: icv)
      return (try? AES.GCM.open(box, using: key, authenticating: additional)).map { Array($0) }
    case .chaCha20Poly1305:
      let box = try ChaChaPoly.SealedBox(nonce: ChaChaPoly.Nonce(data: nonce), ciphertext: text, tag: icv)
      return (try? ChaChaPoly.open(box, using: key, authenticating: additional)).map { Array($0) }
    case .aes128CBC, .aes256CBC:
      guard authenticator(header + iv + text + (high ?? [])) == icv, text.count.isMultiple(of: 16) else { return nil }
      return Array(try AES._CBC.decrypt(text, using: key, iv: AES._CBC.IV(ivBytes: iv), noPadding: true))
    }
  }

  /// RFC 4106 section 5: SPI and sequence number, of which the upper half stands in the middle if it is extended.
  private func additionalData(_ header: [UInt8], _ high: [UInt8]?) -> [UInt8] {
    Array(header.prefix(4)) + (high ?? []) + Array(header.suffix(4))
  }

  private func authenticator(_ bytes: [UInt8]) -> [UInt8] {
    switch suite.integrity {
    case .hmacSHA256_128: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: integrityKey).prefix(16))
    case .hmacSHA384_192: Array(HMAC<SHA384>.authenticationCode(for: bytes, using: integrityKey).prefix(24))
    case .hmacSHA512_256: Array(HMAC<SHA512>.authenticationCode(for: bytes, using: integrityKey).prefix(32))
    case nil: []
    }
  }
}
