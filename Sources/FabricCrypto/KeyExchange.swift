/// The initiator's end of a key exchange (RFC 7296 section 3.4, RFC 9370): a fresh private key and its public value. In a
/// Diffie-Hellman group either end may use it; a responder that answers any method uses `KeyExchangeAnswer`.
///
/// Public values and shared secrets have the shape that each method's RFC prescribes:
///
/// | methods | public value | shared secret |
/// |---|---|---|
/// | MODP 14–18 (RFC 3526) | padded to the prime's length (RFC 7296 section 3.4) | padded too (section 2.14) |
/// | ECP 19–21 (RFC 5903) | x ‖ y (section 7) | x (section 9) |
/// | Curve25519 31, Curve448 32 (RFC 8031) | 32 or 56 bytes, little-endian | as long |
/// | ML-KEM 36, 37 (FIPS 203) | encapsulation key, answered by a cipher text | 32 bytes |
public final class KeyExchange: Sendable {
  private enum PrivateKey {
    case diffieHellman(DiffieHellmanKey)
    case mlkem(MLKEMKey)
  }

  /// The method.
  public let method: KeyExchangeMethod
  /// What the KE payload carries to the peer.
  public let publicValue: [UInt8]
  private let key: PrivateKey

  /// Generates a key pair.
  public convenience init(_ method: KeyExchangeMethod) throws(CryptographyError) {
    if method.isKeyEncapsulation {
      self.init(method, try MLKEMKey(method))
    } else {
      self.init(method, try DiffieHellmanKey(method))
    }
  }

  init(_ method: KeyExchangeMethod, _ key: DiffieHellmanKey) {
    self.method = method
    self.publicValue = key.publicValue
    self.key = .diffieHellman(key)
  }

  init(_ method: KeyExchangeMethod, _ key: MLKEMKey) {
    self.method = method
    self.publicValue = key.encapsulationKey
    self.key = .mlkem(key)
  }

  /// The shared secret with a peer whose KE payload this is.
  ///
  /// Throws `CryptographyError.invalidPublicValue` for a value that RFC 6989 section 2 tells to refuse: of the wrong
  /// length, outside 2…p-2 or not on the curve; where Curve25519 or Curve448 gives all zeros (RFC 8031 section 5); and
  /// for an ML-KEM cipher text of the wrong length. Another cipher text that the peer did not make gives a secret that
  /// it does not have (FIPS 203 section 7.3).
  public func sharedSecret(with peerPublicValue: [UInt8]) throws(CryptographyError) -> SecretBytes {
    switch key {
    case .diffieHellman(let key): try key.sharedSecret(with: peerPublicValue)
    case .mlkem(let key): try key.decapsulate(peerPublicValue)
    }
  }
}

/// The responder's end of a key exchange, by any method: complete as soon as the initiator's public value is there.
public struct KeyExchangeAnswer: Sendable {
  /// What the KE payload carries to the initiator.
  public let publicValue: [UInt8]
  /// The shared secret.
  public let sharedSecret: SecretBytes

  /// Answers an initiator's public value.
  ///
  /// Throws `CryptographyError.invalidPublicValue` like `KeyExchange.sharedSecret(with:)`, and for an ML-KEM
  /// encapsulation key that fails the checks of FIPS 203 section 7.2.
  public init(_ method: KeyExchangeMethod, to peerPublicValue: [UInt8]) throws(CryptographyError) {
    if method.isKeyEncapsulation {
      (publicValue, sharedSecret) = try MLKEMKey.encapsulate(method, to: peerPublicValue)
    } else {
      let key = try DiffieHellmanKey(method)
      publicValue = key.publicValue
      sharedSecret = try key.sharedSecret(with: peerPublicValue)
    }
  }
}
