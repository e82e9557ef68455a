import FabricCrypto
import WireFormat

/// What of an IKE SA goes on in one that resumes it (RFC 5723 section 5): everything that IKE_SA_INIT and the proofs of
/// identity had brought. There is no key exchange, so that the new keys are as strong as the old SK_d: one with a post-quantum
/// key exchange or preshared key in it (RFC 9370, RFC 8784) keeps that.
struct ResumableSession {
  /// Who the peer has proved to be: the body of its ID payload.
  let peer: IdentificationPayload
  let suite: IKESuite
  /// SK_d.
  let derivation: SecretBytes
  let hasPostQuantumPresharedKey: Bool

  /// What an established session leaves; nil where it cannot be resumed.
  ///
  /// A certificate can be revoked, which a ticket would not show: where certificates are the proof, they are shown each time.
  init?(_ session: IKESession) {
    guard let sa = session.sa, let connection = session.connection, case .presharedKey = connection.authentication
    else {
      return nil
    }
    peer = IdentificationPayload(connection.remoteIdentity)
    suite = sa.suite
    derivation = sa.keys.derivation
    hasPostQuantumPresharedKey = sa.hasPostQuantumPresharedKey
  }

  init(
    peer: IdentificationPayload, suite: IKESuite, derivation: SecretBytes, hasPostQuantumPresharedKey: Bool
  ) {
    self.peer = peer
    self.suite = suite
    self.derivation = derivation
    self.hasPostQuantumPresharedKey = hasPostQuantumPresharedKey
  }

  /// The IKE SA that goes on.
  func resumed(
    _ nonces: Nonces, initiatorSPI: IKESPI, responderSPI: IKESPI, isInitiator: Bool, random: any RandomSource
  ) throws(CryptographyError) -> IKESA {
    let parameters = IKESAParameters(
      suite: suite, nonces: nonces, initiatorSPI: initiatorSPI, responderSPI: responderSPI, isInitiator: isInitiator)
    return try IKESA(parameters, resuming: self, random: random)
  }
}

/// A ticket that a peer has given us, and what we need to know to use it.
struct HeldTicket {
  let session: ResumableSession
  let ticket: [UInt8]
  let expires: Instant

  /// A ticket of more bytes than this would not fit IKE_SESSION_RESUME, which cannot be cut into fragments.
  static let longest = 1024
}
