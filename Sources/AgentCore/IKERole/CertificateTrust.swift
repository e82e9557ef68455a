import Certificates
import FabricCrypto
import Foundation
import IKE
import WireFormat

/// The trust policy of a gateway: the network's own authority, or a third party's where a connection names it.
struct CertificateTrust: TrustPolicy {
  /// The network's authority with what it has taken back.
  let ownAuthority: TrustAnchor
  /// The time of day.
  let now: @Sendable () -> Date

  func authorityKeyHashes(of anchors: TrustAnchors) -> [[UInt8]] {
    self.anchors(anchors).compactMap { try? $0.keyHash }
  }

  func judge(
    _ certificates: [[UInt8]], of identity: IKEIdentity, under anchors: TrustAnchors
  ) throws(TrustFault) -> TrustedPeer {
    guard let certified = CertifiedIdentity(identity) else { throw TrustFault("no certificate is of a key id") }
    do throws(CertificateFault) {
      let proven = try CertificatePolicy(anchors: self.anchors(anchors)).judge(certificates, of: certified, at: now())
      return TrustedPeer(
        key: proven.key,
        certificate: CertificateSummary(
          issuer: proven.issuer, serialNumber: proven.serialNumber,
          expires: Int64(proven.expires.timeIntervalSince1970)))
    } catch {
      throw TrustFault("\(error)")
    }
  }

  func checkStands(_ certificate: CertificateSummary, under anchors: TrustAnchors) throws(TrustFault) {
    // No lists of third parties' authorities are known, and a serial number is its authority's alone.
    guard anchors == .ownAuthority else { return }
    do throws(CertificateFault) {
      try ownAuthority.checkStands(serialNumber: certificate.serialNumber)
    } catch {
      throw TrustFault("\(error)")
    }
  }

  private func anchors(_ anchors: TrustAnchors) -> [TrustAnchor] {
    switch anchors {
    case .ownAuthority: [ownAuthority]
    case .authorities(let certificates): certificates.compactMap { try? TrustAnchor(certificate: $0) }
    }
  }
}

extension CertifiedIdentity {
  fileprivate init?(_ identity: IKEIdentity) {
    switch identity {
    case .fqdn(let name): self = .fqdn(name)
    case .email(let name): self = .email(name)
    case .address(let address): self = .address(address)
    case .keyID: return nil
    }
  }
}

extension IKECredentials {
  /// The credentials as the engine takes them; throws if the key or the authority cannot be read.
  init(_ site: SiteCredentials, now: @escaping @Sendable () -> Date) throws {
    let authority = try TrustAnchor(certificate: site.authority, revocationList: site.revocationList)
    self.init(
      own: OwnCertificate(chain: [site.certificate], key: try SigningKey(der: site.key)),
      trust: CertificateTrust(ownAuthority: authority, now: now))
  }
}
