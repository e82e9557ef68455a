import FabricCrypto
import WireFormat

/// The nonces of an exchange, Ni and Nr (RFC 7296 section 2.10).
struct Nonces {
  let initiator: [UInt8]
  let responder: [UInt8]

  /// Ni | Nr.
  var concatenated: [UInt8] { initiator + responder }

  /// Whether the SA made with these nonces has to go where both ends have rekeyed the same SA at once: it is the one with
  /// the lowest of the four nonces, octet by octet; where one is the beginning of the other, the shorter is lower
  /// (RFC 7296 sections 2.8.1 and 2.8.2).
  func lose(against other: Nonces) -> Bool { lowest.lexicographicallyPrecedes(other.lowest) }

  private var lowest: [UInt8] { initiator.lexicographicallyPrecedes(responder) ? initiator : responder }
}

/// The keys of an IKE SA (RFC 7296 section 2.14):
///
///     {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
struct IKEKeys {
  /// SK_d, from which Child SAs and the next IKE SA get their keys.
  private(set) var derivation: SecretBytes
  /// SK_ai and SK_ei: what the original initiator protects its messages with.
  let initiator: MessageKeys
  /// SK_ar and SK_er: what the original responder protects its messages with.
  let responder: MessageKeys
  /// SK_pi, which goes into the initiator's AUTH.
  private(set) var initiatorAuthentication: SecretBytes
  /// SK_pr, which goes into the responder's AUTH.
  private(set) var responderAuthentication: SecretBytes

  /// The keys of one direction.
  struct MessageKeys {
    let encryption: SecretBytes
    let integrity: SecretBytes?
  }

  /// The keys of the SA with these SPIs.
  init(
    suite: IKESuite, seed: SecretBytes, nonces: Nonces, initiatorSPI: IKESPI, responderSPI: IKESPI
  ) throws(CryptographyError) {
    var context = ByteWriter(capacity: 80)
    context.write(nonces.concatenated)
    context.write(initiatorSPI.rawValue)
    context.write(responderSPI.rawValue)
    let prf = suite.pseudorandomFunction
    let integrityLength = suite.protection.integrityKeyLength
    let encryptionLength = suite.protection.encryptionKeyLength
    let count = 3 * prf.outputLength + 2 * integrityLength + 2 * encryptionLength
    var material = KeyingMaterial(try prf.expand(key: seed, seed: context.bytes, count: count))
    self.derivation = try material.take(prf.outputLength)
    let initiatorIntegrity = try material.takeIfAny(integrityLength)
    let responderIntegrity = try material.takeIfAny(integrityLength)
    self.initiator = MessageKeys(encryption: try material.take(encryptionLength), integrity: initiatorIntegrity)
    self.responder = MessageKeys(encryption: try material.take(encryptionLength), integrity: responderIntegrity)
    self.initiatorAuthentication = try material.take(prf.outputLength)
    self.responderAuthentication = try material.take(prf.outputLength)
  }

  /// The keys with a post-quantum preshared key mixed in (RFC 8784 section 3):
  ///
  ///     SK_d = prf+ (PPK, SK_d')    SK_pi = prf+ (PPK, SK_pi')    SK_pr = prf+ (PPK, SK_pr')
  func mixing(_ ppk: SecretBytes, by prf: PseudorandomFunction) throws(CryptographyError) -> IKEKeys {
    var mixed = self
    mixed.derivation = try prf.expand(key: ppk, seed: derivation, count: prf.outputLength)
    mixed.initiatorAuthentication = try prf.expand(key: ppk, seed: initiatorAuthentication, count: prf.outputLength)
    mixed.responderAuthentication = try prf.expand(key: ppk, seed: responderAuthentication, count: prf.outputLength)
    return mixed
  }

  /// `SKEYSEED = prf(Ni | Nr, g^ir)` of a first IKE SA (RFC 7296 section 2.14).
  static func seed(_ prf: PseudorandomFunction, nonces: Nonces, sharedSecret: SecretBytes) -> SecretBytes {
    prf(key: SecretBytes(nonces.concatenated), sharedSecret)
  }

  /// `SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr)` of an IKE SA that resumes another (RFC 5723 section 5.1).
  static func resumptionSeed(
    _ prf: PseudorandomFunction, derivation: SecretBytes, nonces: Nonces
  ) -> SecretBytes {
    prf(key: derivation, Array("Resumption".utf8) + nonces.concatenated)
  }

  /// `SKEYSEED = prf(SK_d (old), SK(0) | Ni | Nr | SK(1) | … | SK(n))` of an IKE SA that replaces another
  /// (RFC 7296 section 2.18, RFC 9370 section 2.2.4); the function is the old SA's.
  static func rekeySeed(
    _ prf: PseudorandomFunction, derivation: SecretBytes, nonces: Nonces, _ secrets: SharedSecrets
  ) -> SecretBytes {
    prf(key: derivation, secrets.seed(nonces))
  }
}

/// Keying material that is cut into keys from the front.
struct KeyingMaterial {
  private let bytes: SecretBytes
  private var position = 0

  init(_ bytes: SecretBytes) { self.bytes = bytes }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(CryptographyError) -> SecretBytes {
    guard let key = bytes.slice(position..<(position + count)) else {
      throw .tooMuchKeyingMaterial(requested: position + count, available: bytes.count)
    }
    position += count
    return key
  }

  /// The next `count` bytes, or nil where none are needed.
  mutating func takeIfAny(_ count: Int) throws(CryptographyError) -> SecretBytes? {
    count == 0 ? nil : try take(count)
  }
}
