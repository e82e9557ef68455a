import FabricCrypto

/// The keys of a Child SA (RFC 7296 section 2.17, RFC 9370 section 2.2.4):
///
///     KEYMAT = prf+(SK_d, [SK(0) |] Ni | Nr [| SK(1) | … | SK(n)])
struct ChildKeys {
  /// What the initiator of the exchange sends with; these come first.
  let initiator: ChildSA.Keys
  /// What the responder of the exchange sends with.
  let responder: ChildSA.Keys

  /// Derives both directions; `secrets` are there only if the exchange had a key exchange of its own.
  init(
    _ prf: PseudorandomFunction, derivation: SecretBytes, secrets: SharedSecrets, nonces: Nonces,
    protection: ProtectionSuite
  ) throws(CryptographyError) {
    let seed = secrets.seed(nonces)
    let encryptionLength = protection.encryptionKeyLength
    let integrityLength = protection.integrityKeyLength
    let count = 2 * (encryptionLength + integrityLength)
    var material = KeyingMaterial(try prf.expand(key: derivation, seed: seed, count: count))
    // RFC 7296 section 2.17: within a direction, the encryption key comes before the integrity key.
    self.initiator = ChildSA.Keys(
      encryption: try material.take(encryptionLength), integrity: try material.takeIfAny(integrityLength))
    self.responder = ChildSA.Keys(
      encryption: try material.take(encryptionLength), integrity: try material.takeIfAny(integrityLength))
  }
}
