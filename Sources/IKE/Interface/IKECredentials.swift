import FabricCrypto

/// What the gateway proves its identity with, and what it makes of its peers' certificates.
///
/// Connections stay as they are when credentials change: new ones are used from the next IKE_AUTH on. Only where a peer's
/// certificate has been withdrawn, its IKE SAs are closed.
public struct IKECredentials: Sendable {
  /// A certificate and its key.
  public struct OwnCertificate: Sendable {
    /// The certificate in DER, then those between it and its authority's own, which the peer has.
    public let chain: [[UInt8]]
    /// The key of the first certificate.
    public let key: SigningKey

    /// A certificate and its key; nil unless there are 1 to 8 certificates of at most 16 KiB each, which fit payloads.
    public init?(chain: [[UInt8]], key: SigningKey) {
      guard (1...8).contains(chain.count), chain.allSatisfy({ $0.count <= 1 << 14 }) else { return nil }
      self.chain = chain
      self.key = key
    }
  }

  /// Our own certificate; nil while there is none.
  public let own: OwnCertificate?
  /// Who decides on certificates of peers.
  public let trust: any TrustPolicy

  /// A set of credentials.
  public init(own: OwnCertificate?, trust: any TrustPolicy) {
    self.own = own
    self.trust = trust
  }

  /// No certificate, and no peer's is trusted.
  static let none = IKECredentials(own: nil, trust: NoTrust())
}

/// Decides whether certificates prove that their holder has an identity, on the spot.
///
/// The engine knows neither X.509 nor the time of day; its caller knows both.
public protocol TrustPolicy: Sendable {
  /// The SHA-1 hash of the public key of each authority, for CERTREQ (RFC 7296 section 3.7).
  func authorityKeyHashes(of anchors: TrustAnchors) -> [[UInt8]]

  /// The key whose holder has this identity.
  ///
  /// - Parameters:
  ///   - certificates: what the peer has shown, in DER, the one of its key first.
  ///   - identity: who the peer says it is.
  ///   - anchors: whose certificates count.
  /// - Throws: what is wrong with the certificates.
  func judge(
    _ certificates: [[UInt8]], of identity: IKEIdentity, under anchors: TrustAnchors
  ) throws(TrustFault) -> TrustedPeer

  /// Whether what a peer has proved with a certificate some time ago still holds. Throws if the certificate has been
  /// withdrawn since; that it has expired, or its holder has a newer one, is no reason.
  func checkStands(_ certificate: CertificateSummary, under anchors: TrustAnchors) throws(TrustFault)
}

/// A peer whose certificates are in order; it has yet to prove that it holds the key.
public struct TrustedPeer: Sendable {
  /// The key of its certificate.
  public let key: VerificationKey
  /// Its certificate.
  public let certificate: CertificateSummary

  /// A peer.
  public init(key: VerificationKey, certificate: CertificateSummary) {
    self.key = key
    self.certificate = certificate
  }
}

/// Why certificates prove nothing, in the words of a network engineer.
public struct TrustFault: Error, Equatable {
  /// `its certificate has expired on 2026-11-20`.
  public let cause: String

  /// A fault.
  public init(_ cause: String) { self.cause = cause }
}

/// The policy of a gateway that has not been told whom to trust.
private struct NoTrust: TrustPolicy {
  func authorityKeyHashes(of anchors: TrustAnchors) -> [[UInt8]] { [] }

  func judge(
    _ certificates: [[UInt8]], of identity: IKEIdentity, under anchors: TrustAnchors
  ) throws(TrustFault) -> TrustedPeer { throw TrustFault("this gateway does not know any certification authority yet") }

  func checkStands(_ certificate: CertificateSummary, under anchors: TrustAnchors) {}
}
