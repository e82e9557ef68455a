import FabricCrypto

/// Proof of a preshared key (RFC 7296 section 2.15):
///
///     AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <SignedOctets>)
struct SharedKeyAuthentication {
  private static let keyPad = Array("Key Pad for IKEv2".utf8)

  /// What the AUTH data of a holder of the key must be.
  private let data: SecretBytes

  /// The proof over `octets` of a holder of `presharedKey`.
  init(_ octets: SignedOctets, presharedKey: SecretBytes) {
    self.init(octets, key: octets.pseudorandomFunction(key: presharedKey, Self.keyPad))
  }

  /// The proof over `octets` of a holder of a key that no human has made.
  init(_ octets: SignedOctets, key: SecretBytes) { data = octets.pseudorandomFunction(key: key, octets.bytes) }

  /// The payload to send.
  var payload: AuthenticationPayload {
    AuthenticationPayload(method: AuthenticationPayload.sharedKey, data: data.withUnsafeBytes { Array($0) })
  }

  /// Whether an AUTH payload proves possession of the key, in a time that does not depend on the answer.
  func verify(_ payload: AuthenticationPayload) -> Bool {
    let isEqual = data == SecretBytes(payload.data)
    return isEqual && payload.method == AuthenticationPayload.sharedKey
  }
}
