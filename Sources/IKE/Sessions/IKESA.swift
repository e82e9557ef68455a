import FabricCrypto
import WireFormat

/// The negotiated algorithms and keys of an IKE SA.
struct IKESA {
  let suite: IKESuite
  let keys: IKEKeys
  let protection: MessageProtection
  /// Whether a post-quantum preshared key is in the keys, of this IKE SA or of one that it replaces.
  let hasPostQuantumPresharedKey: Bool
}

/// What goes into the keys of a new IKE SA besides the shared secret.
struct IKESAParameters {
  let suite: IKESuite
  let nonces: Nonces
  let initiatorSPI: IKESPI
  let responderSPI: IKESPI
  /// Whether we are the initiator of the exchange that makes the SA.
  let isInitiator: Bool
}

extension IKESA {
  /// The first IKE SA with a peer (RFC 7296 section 2.14).
  init(_ new: IKESAParameters, sharedSecret: SecretBytes, random: any RandomSource) throws(CryptographyError) {
    let seed = IKEKeys.seed(new.suite.pseudorandomFunction, nonces: new.nonces, sharedSecret: sharedSecret)
    try self.init(new, seed: seed, hasPostQuantumPresharedKey: false, random: random)
  }

  /// The IKE SA that resumes another (RFC 5723 section 5.1).
  init(
    _ new: IKESAParameters, resuming old: ResumableSession, random: any RandomSource
  ) throws(CryptographyError) {
    let seed = IKEKeys.resumptionSeed(new.suite.pseudorandomFunction, derivation: old.derivation, nonces: new.nonces)
    try self.init(
      new, seed: seed, hasPostQuantumPresharedKey: old.hasPostQuantumPresharedKey, random: random)
  }

  /// The IKE SA that replaces this one (RFC 7296 section 2.18, RFC 9370 section 2.2.4).
  func successor(
    _ new: IKESAParameters, _ secrets: SharedSecrets, random: any RandomSource
  ) throws(CryptographyError) -> IKESA {
    let seed = IKEKeys.rekeySeed(
      suite.pseudorandomFunction, derivation: keys.derivation, nonces: new.nonces, secrets)
    return try IKESA(
      new, seed: seed, hasPostQuantumPresharedKey: hasPostQuantumPresharedKey, random: random)
  }

  /// This IKE SA with a post-quantum preshared key in its keys; what protects its messages stays.
  func mixing(_ ppk: PostQuantumPresharedKey) throws(CryptographyError) -> IKESA {
    IKESA(
      suite: suite, keys: try keys.mixing(ppk.key, by: suite.pseudorandomFunction), protection: protection,
      hasPostQuantumPresharedKey: true)
  }

  private init(
    _ new: IKESAParameters, seed: SecretBytes, hasPostQuantumPresharedKey: Bool, random: any RandomSource
  ) throws(CryptographyError) {
    suite = new.suite
    self.hasPostQuantumPresharedKey = hasPostQuantumPresharedKey
    keys = try IKEKeys(
      suite: new.suite, seed: seed, nonces: new.nonces, initiatorSPI: new.initiatorSPI, responderSPI: new.responderSPI)
    protection = try MessageProtection(suite: new.suite, keys: keys, isInitiator: new.isInitiator, random: random)
  }
}

/// What AUTH is computed over, kept from IKE_SA_INIT until both ends are authenticated (RFC 7296 section 2.15).
struct InitialExchange {
  /// The hashes that the peer accepts in signatures; nil if it does not speak RFC 7427.
  var peerHashes: Set<SignatureHash>?
  var nonces = Nonces(initiator: [], responder: [])
  /// RealMessage1: the last request of the initiator, cookie and all.
  var request: [UInt8] = []
  /// RealMessage2: the responder's answer to it.
  var response: [UInt8] = []
  /// The additional key exchanges that are still to come in IKE_INTERMEDIATE.
  var remainingKeyExchanges: [KeyExchangeMethod] = []
  var intermediate = IntermediateAuthentication()
  /// The session that is being resumed (RFC 5723); nil in a full handshake.
  var resumed: ResumableSession?
  /// The gateway that has sent the peer here (RFC 5685).
  var redirectedFrom: IPAddress?
  /// Whether both ends have said USE_PPK (RFC 8784 section 3).
  var usesPPK = false
  /// The IKE SA before our post-quantum preshared key was mixed in, in case that the peer does not have it.
  var unmixedSA: IKESA?
}

/// What NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP have shown (RFC 7296 section 2.23).
struct NATSituation {
  /// Whether the peer sent the notifies at all, so that it can encapsulate ESP in UDP.
  var isSupported = false
  var isLocalBehindNAT = false
  var isRemoteBehindNAT = false
  /// Whether we make the peer believe that there is a NAT in front of us.
  var isForced = false

  /// Whether ESP travels in UDP. A peer that forces encapsulation looks like one behind a NAT.
  var requiresEncapsulation: Bool { isSupported && (isForced || isLocalBehindNAT || isRemoteBehindNAT) }
}
