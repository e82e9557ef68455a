import FabricCrypto
import WireFormat

/// AUTH in both directions, whatever the connection authenticates with.
extension IKESession {
  /// Our proof of identity.
  func proof(of own: IdentificationPayload, by authentication: IKEAuthentication) -> [Payload] {
    guard let octets = signedOctets(of: own, byInitiator: isInitiator) else { return [] }
    switch authentication {
    case .presharedKey(let key):
      return [.authentication(SharedKeyAuthentication(octets, presharedKey: key).payload)]
    }
  }

  /// Why the peer's proof of identity does not hold; nil if it does.
  func flaw(
    in proof: AuthenticationPayload, of claim: IdentificationPayload, by authentication: IKEAuthentication
  ) -> String? {
    guard let octets = signedOctets(of: claim, byInitiator: !isInitiator) else { return "there is no IKE SA" }
    switch authentication {
    case .presharedKey(let key):
      let isProved = SharedKeyAuthentication(octets, presharedKey: key).verify(proof)
      return isProved ? nil : "\(claim) does not hold our preshared key"
    }
  }

  private func signedOctets(of identification: IdentificationPayload, byInitiator: Bool) -> SignedOctets? {
    guard let sa else { return nil }
    return SignedOctets(
      pseudorandomFunction: sa.suite.pseudorandomFunction,
      message: byInitiator ? initial.request : initial.response,
      peerNonce: byInitiator ? initial.nonces.responder : initial.nonces.initiator,
      authenticationKey: byInitiator ? sa.keys.initiatorAuthentication : sa.keys.responderAuthentication,
      identification: identification, intermediate: initial.intermediate.octets)
  }
}
