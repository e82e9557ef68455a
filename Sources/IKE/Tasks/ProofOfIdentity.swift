import FabricCrypto
import WireFormat

/// Why an end does not prove its identity, in the words of a network engineer.
struct AuthenticationFault: Error {
  let cause: String

  init(_ cause: String) { self.cause = cause }
}

/// AUTH in both directions, with the certificates that belong to it.
extension IKESession {
  /// Our proof of identity: `[CERT+,] AUTH`.
  func proof(
    of own: IdentificationPayload, by authentication: IKEAuthentication, _ context: SessionContext
  ) throws(AuthenticationFault) -> [Payload] {
    let octets = try signedOctets(of: own, byInitiator: isInitiator)
    if initial.resumed != nil { return [.authentication(resumedProof(octets).payload)] }
    switch authentication {
    case .presharedKey(let key):
      return [.authentication(SharedKeyAuthentication(octets, presharedKey: key).payload)]
    case .certificate(let anchors):
      guard let own = context.credentials.own else {
        throw AuthenticationFault("this gateway does not have a certificate yet")
      }
      return own.chain.map { .certificate(CertificatePayload(x509: $0)) }
        + [.authentication(try sign(octets, by: own.key, anchors))]
    }
  }

  private func sign(
    _ octets: SignedOctets, by key: SigningKey, _ anchors: TrustAnchors
  ) throws(AuthenticationFault) -> AuthenticationPayload {
    if let hashes = initial.peerHashes { return try DigitalSignature(octets, by: key, peerHashes: hashes).payload }
    guard anchors.allowsClassicSignatures else {
      throw AuthenticationFault("the peer does not speak RFC 7427 (SIGNATURE_HASH_ALGORITHMS)")
    }
    return try ClassicSignature(octets, by: key).payload
  }

  /// The peer's proof that it is who it claims to be.
  func check(
    _ message: [Payload], _ proof: AuthenticationPayload, of claim: IdentificationPayload,
    by authentication: IKEAuthentication, _ context: SessionContext
  ) throws(AuthenticationFault) -> PeerProof {
    let octets = try signedOctets(of: claim, byInitiator: !isInitiator)
    if initial.resumed != nil {
      guard resumedProof(octets).verify(proof) else {
        throw AuthenticationFault("\(claim) does not hold the keys of the session that it resumes")
      }
      return .presharedKey
    }
    switch authentication {
    case .presharedKey(let key):
      guard SharedKeyAuthentication(octets, presharedKey: key).verify(proof) else {
        throw AuthenticationFault("\(claim) does not hold our preshared key")
      }
      return .presharedKey
    case .certificate(let anchors):
      let peer = try judge(message.certificates, of: claim, under: anchors, context)
      guard let algorithm = try algorithm(of: proof, over: octets, key: peer.key, anchors) else {
        throw AuthenticationFault("\(claim) does not hold the key of its certificate")
      }
      return .certificate(peer.certificate, algorithm: algorithm.description)
    }
  }

  /// Why the certificate by which the peer has once proved its identity does not count any more; nil if it does.
  func lossOfTrust(_ context: SessionContext) -> TrustFault? {
    guard case .certificate(let certificate, _) = peerProof,
      case .certificate(let anchors) = connection?.authentication
    else { return nil }
    do throws(TrustFault) {
      try context.credentials.trust.checkStands(certificate, under: anchors)
      return nil
    } catch {
      return error
    }
  }

  private func judge(
    _ certificates: [CertificatePayload], of claim: IdentificationPayload, under anchors: TrustAnchors,
    _ context: SessionContext
  ) throws(AuthenticationFault) -> TrustedPeer {
    let chain = certificates.filter { $0.encoding == CertificatePayload.x509Signature }.map(\.data)
    guard let identity = claim.identity, !chain.isEmpty else {
      throw AuthenticationFault("\(claim) shows no certificate")
    }
    do throws(TrustFault) {
      return try context.credentials.trust.judge(chain, of: identity, under: anchors)
    } catch {
      throw AuthenticationFault("\(claim): \(error.cause)")
    }
  }

  /// The algorithm by which `proof` is a signature of the key; nil if it is none.
  private func algorithm(
    of proof: AuthenticationPayload, over octets: SignedOctets, key: VerificationKey, _ anchors: TrustAnchors
  ) throws(AuthenticationFault) -> SignatureAlgorithm? {
    // RFC 7427 section 3: a peer that speaks it has no reason to sign in another way.
    guard initial.peerHashes == nil, anchors.allowsClassicSignatures else {
      let signature = try DigitalSignature(proof)
      return signature.isValid(for: octets, key: key) ? signature.algorithm : nil
    }
    return ClassicSignature(proof).algorithm(over: octets, key: key)
  }

  private func signedOctets(
    of identification: IdentificationPayload, byInitiator: Bool
  ) throws(AuthenticationFault) -> SignedOctets {
    guard let sa else { throw AuthenticationFault("there is no IKE SA") }
    return SignedOctets(
      pseudorandomFunction: sa.suite.pseudorandomFunction,
      message: byInitiator ? initial.request : initial.response,
      peerNonce: byInitiator ? initial.nonces.responder : initial.nonces.initiator,
      authenticationKey: byInitiator ? sa.keys.initiatorAuthentication : sa.keys.responderAuthentication,
      identification: identification, intermediate: initial.intermediate.octets)
  }
}
