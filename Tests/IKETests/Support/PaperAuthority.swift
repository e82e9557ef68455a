import FabricCrypto

@testable import IKE

/// A trust policy without X.509: a certificate is an identity and a public key, and the policy takes those it was told of.
struct PaperAuthority: TrustPolicy {
  static let keyHash = [UInt8](repeating: 0xCA, count: 20)

  /// What the authority has certified, by certificate.
  var certified: [[UInt8]: (identity: IKEIdentity, key: VerificationKey)] = [:]

  /// Why certificates do not stand any more; nil if they do.
  var withdrawal: TrustFault?

  /// Certifies a key.
  mutating func certify(_ identity: IKEIdentity, _ key: VerificationKey) -> [UInt8] {
    let certificate = [UInt8]("\(identity):".utf8) + key.subjectPublicKeyInfo
    certified[certificate] = (identity, key)
    return certificate
  }

  func authorityKeyHashes(of anchors: TrustAnchors) -> [[UInt8]] { [Self.keyHash] }

  func judge(
    _ certificates: [[UInt8]], of identity: IKEIdentity, under anchors: TrustAnchors
  ) throws(TrustFault) -> TrustedPeer {
    guard let first = certificates.first, let entry = certified[first] else { throw TrustFault("unknown certificate") }
    guard entry.identity == identity else { throw TrustFault("its certificate is of \(entry.identity)") }
    return TrustedPeer(
      key: entry.key, certificate: CertificateSummary(issuer: "CN=paper", serialNumber: "01", expires: 2_000_000_000))
  }

  func checkStands(_ certificate: CertificateSummary, under anchors: TrustAnchors) throws(TrustFault) {
    if let withdrawal { throw withdrawal }
  }
}

extension TwoGateways {
  /// Gives each end a key and a certificate of its identity, and has both prove them.
  func configureWithCertificates(
    _ kind: SignatureKeyKind = .ecdsaP256, anchors: TrustAnchors = .ownAuthority,
    left changeLeft: (inout IKEConnection) -> Void = { _ in },
    right changeRight: (inout IKEConnection) -> Void = { _ in },
    credentials change: (_ left: inout IKECredentials, _ right: inout IKECredentials) throws -> Void = { _, _ in }
  ) throws {
    var authority = PaperAuthority()
    let keys = try (SigningKey.generate(kind), SigningKey.generate(kind))
    let certificates = (
      authority.certify(.fqdn("left.test"), keys.0.verificationKey),
      authority.certify(.fqdn("right.test"), keys.1.verificationKey)
    )
    var ends = (
      IKECredentials(own: .init(chain: [certificates.0], key: keys.0), trust: authority),
      IKECredentials(own: .init(chain: [certificates.1], key: keys.1), trust: authority)
    )
    try change(&ends.0, &ends.1)
    handle(left, .credentials(ends.0))
    handle(right, .credentials(ends.1))
    configure(
      left: {
        $0.authentication = .certificate(anchors)
        changeLeft(&$0)
      },
      right: {
        $0.authentication = .certificate(anchors)
        changeRight(&$0)
      })
  }
}
