import FabricCrypto

/// Proof of a preshared key (RFC 7296 section 2.15):
///
///     AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <SignedOctets>)
///     InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload)
///     ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload)
struct SharedKeyAuthentication {
  let pseudorandomFunction: PseudorandomFunction
  /// The signer's own message of the IKE_SA_INIT exchange.
  let message: [UInt8]
  /// The nonce of the signer's peer.
  let peerNonce: [UInt8]
  /// SK_pi or SK_pr, the signer's.
  let authenticationKey: SecretBytes
  /// The signer's ID payload.
  let identification: IdentificationPayload

  private static let keyPad = Array("Key Pad for IKEv2".utf8)

  /// The AUTH data of a holder of `presharedKey`.
  func data(presharedKey: SecretBytes) -> SecretBytes {
    let maskedIdentity = pseudorandomFunction(key: authenticationKey, identification.body)
    let octets = maskedIdentity.withUnsafeBytes { message + peerNonce + $0 }
    return pseudorandomFunction(key: pseudorandomFunction(key: presharedKey, Self.keyPad), octets)
  }

  /// Whether an AUTH payload proves possession of `presharedKey`, in a time that does not depend on the answer.
  func verify(_ payload: AuthenticationPayload, presharedKey: SecretBytes) -> Bool {
    let isEqual = data(presharedKey: presharedKey) == SecretBytes(payload.data)
    return isEqual && payload.method == AuthenticationPayload.sharedKey
  }
}
