import Certificates
import FabricCrypto
import Foundation

extension FuzzTarget {
  /// What strangers and authorities send: chains of certificates, revocation lists, requests.
  static let certificates = FuzzTarget(
    name: "certificates", seeds: CertificatesTarget.seeds,
    prepare: {
      let target = try CertificatesTarget()
      return { target.run(FuzzInput($0)) }
    })
}

/// X.509 as it is (kind 0), or signed by a key of the tree so that everything behind the signature is reached too.
///
///     input   │ days since the certificates were made │ kind │ revocation list, empty for none │
///             │ then for each certificate: kind │ length │ bytes │
private struct CertificatesTarget {
  private let authority: FuzzedAuthority
  /// What the tree has really issued.
  private let gatewayKey: VerificationKey

  init() throws {
    authority = try FuzzedAuthority()
    let anchor = try TrustAnchor(certificate: authority.root)
    gatewayKey = try CertificatePolicy(anchors: [anchor]).judge(
      authority.chains[0], of: .fqdn(FuzzedAuthority.identity), at: FuzzedAuthority.date
    ).key
  }

  func run(_ input: FuzzInput) {
    var input = input
    let date = FuzzedAuthority.date.addingTimeInterval(Double(input.byte()) * 86400)
    let list = SuppliedObject(&input, authority)
    // What is no list of the authority's leaves it without one.
    let anchor =
      (try? TrustAnchor(certificate: authority.root, revocationList: list.bytes))
      ?? (try? TrustAnchor(certificate: authority.root))
    var chain: [SuppliedObject] = []
    while !input.isAtEnd { chain.append(SuppliedObject(&input, authority)) }
    for one in chain {
      _ = try? TrustAnchor(certificate: one.bytes)
      _ = try? SigningRequest(der: one.bytes)
    }
    guard let anchor else { preconditionFailure("the root is an authority") }
    let policy = CertificatePolicy(anchors: [anchor])
    for identity in [CertifiedIdentity.fqdn(FuzzedAuthority.identity), .email("left@test")] {
      guard let proven = try? policy.judge(chain.map(\.bytes), of: identity, at: date) else { continue }
      precondition(
        proven.key == gatewayKey || chain.contains(where: \.isSigned), "only what an authority has signed is proven")
    }
  }

  @Sendable static func seeds() throws -> [[UInt8]] {
    let authority = try FuzzedAuthority()
    let list = FuzzSeed([1, 1]).chunk(try revocationList(of: authority))
    let plain = authority.chains.map { chain in
      chain.reduce(FuzzSeed([1, 0]).chunk([])) { $0.adding([0]).chunk($1) }.bytes
    }
    let signers: [[FuzzedAuthority.Signer]] = [[.root], [.authority, .root]]
    let signed = try zip(authority.chains, signers).map { chain, signers in
      try zip(chain, signers).reduce(list) { seed, link in
        try seed.adding([link.1.rawValue]).chunk(FuzzedAuthority.contents(of: link.0))
      }.bytes
    }
    let request = try SigningRequest.make(for: signingKey(.gateway))
    let requests = [
      FuzzSeed([0, 0]).chunk([]).adding([0]).chunk(request).bytes,
      FuzzSeed([0, 0]).chunk([]).adding([3]).chunk(try FuzzedAuthority.contents(of: request)).bytes,
    ]
    return plain + signed + requests
  }

  private static func revocationList(of authority: FuzzedAuthority) throws -> [UInt8] {
    let issuer = try CertificationAuthority(certificate: authority.root, key: signingKey(.root))
    let date = FuzzedAuthority.date
    let revoked = [
      CertificationAuthority.Revoked(serialNumber: "7a", date: date, isSuperseded: false),
      CertificationAuthority.Revoked(serialNumber: "7b", date: date, isSuperseded: true),
    ]
    return try FuzzedAuthority.contents(of: issuer.revocationList(of: revoked, number: 1, at: date))
  }

  /// PrivateKeyInfo of an Ed25519 key (RFC 8410 section 7).
  private static func signingKey(_ signer: FuzzedAuthority.Signer) throws -> SigningKey {
    let info = [0x30, 0x2E, 2, 1, 0] + FuzzedAuthority.ed25519 + [4, 0x22, 4, 0x20]
    return try SigningKey(der: SecretBytes(info + FuzzedAuthority.key(signer).rawRepresentation))
  }
}

/// A certificate, a list or a request.
private struct SuppliedObject {
  let bytes: [UInt8]
  /// Whether a key of the tree has signed it for the fuzzer.
  let isSigned: Bool

  init(_ input: inout FuzzInput, _ authority: FuzzedAuthority) {
    let signer = FuzzedAuthority.Signer(rawValue: input.byte() & 3)
    let contents = Array(input.chunk())
    let signed = signer.flatMap { try? authority.sign(contents, by: $0) }
    bytes = signed ?? contents
    isSigned = signed != nil
  }
}
