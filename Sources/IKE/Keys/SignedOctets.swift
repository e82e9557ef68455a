import FabricCrypto

/// What an end signs to prove its identity (RFC 7296 section 2.15, RFC 9242 section 3.3.2):
///
///     InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload) [| IntAuth]
///     ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload) [| IntAuth]
struct SignedOctets {
  let pseudorandomFunction: PseudorandomFunction
  /// The signer's own message of the IKE_SA_INIT exchange.
  let message: [UInt8]
  /// The nonce of the signer's peer.
  let peerNonce: [UInt8]
  /// SK_pi or SK_pr, the signer's.
  let authenticationKey: SecretBytes
  /// The signer's ID payload.
  let identification: IdentificationPayload
  /// IntAuth; empty where there was no IKE_INTERMEDIATE exchange.
  let intermediate: [UInt8]

  /// The octets themselves.
  var bytes: [UInt8] {
    pseudorandomFunction(key: authenticationKey, identification.body).withUnsafeBytes {
      message + peerNonce + $0 + intermediate
    }
  }
}
