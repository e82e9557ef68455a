import Certificates
import ControlProtocol
import FabricCrypto
import Foundation
import Testing

@testable import ControllerCore

@Suite("The controller's certification authority")
struct CertificateOfficeTests {
  private let directory: TemporaryDirectory
  private let state: StateDirectory
  private let store: Store
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    directory = try TemporaryDirectory()
    state = try StateDirectory(path: directory.path)
    store = try Store(state)
  }

  private func request() throws -> Data { Data(try SigningRequest.make(for: .generate(.ecdsaP256))) }

  private func policy(_ office: CertificateOffice) throws -> CertificatePolicy {
    guard case .authority(let certificate, let list) = office.authority else { return CertificatePolicy(anchors: []) }
    return CertificatePolicy(
      anchors: [try TrustAnchor(certificate: [UInt8](certificate), revocationList: [UInt8](list))])
  }

  @Test("its key is private, and it is the same authority after a restart")
  func restart() throws {
    let office = try CertificateOffice(state, store, at: now)
    let attributes = try FileManager.default.attributesOfItem(atPath: state.authorityKeyFile)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let certificate = try #require(
      try office.certify(request(), of: "hq", identities: ["isp.hq.acme"], at: now))
    let again = try CertificateOffice(state, store, at: now)
    _ = try policy(again).judge([[UInt8](certificate)], of: .fqdn("isp.hq.acme"), at: now)
  }

  @Test("a site's earlier certificates, and those that say more than is true any more, are taken back")
  func revocation() throws {
    let office = try CertificateOffice(state, store, at: now)
    let first = try #require(try office.certify(request(), of: "hq", identities: ["isp.hq.acme"], at: now))
    let second = try #require(try office.certify(request(), of: "hq", identities: ["isp.hq.acme"], at: now))
    let berlin = try #require(try office.certify(request(), of: "berlin", identities: ["dsl.berlin.acme"], at: now))
    func isGood(_ certificate: Data, _ identity: String) throws -> Bool {
      (try? policy(office).judge([[UInt8](certificate)], of: CertifiedIdentity(identity), at: now)) != nil
    }
    #expect(try !isGood(first, "isp.hq.acme"))
    #expect(try isGood(second, "isp.hq.acme"))
    #expect(try isGood(berlin, "dsl.berlin.acme"))
    try office.keepOnly(["hq": ["isp.hq.acme", "isp-b.hq.acme"], "paris": []], at: now)
    #expect(try isGood(second, "isp.hq.acme"))
    #expect(try !isGood(berlin, "dsl.berlin.acme"))
    try office.keepOnly(["hq": ["isp-b.hq.acme"]], at: now)
    #expect(try !isGood(second, "isp.hq.acme"))
  }

  @Test("revoking a site withdraws every certificate that it has had, and a new key's certificate is good again")
  func withdrawal() throws {
    let office = try CertificateOffice(state, store, at: now)
    func certify() throws -> [UInt8] {
      [UInt8](try #require(try office.certify(request(), of: "hq", identities: ["isp.hq.acme"], at: now)))
    }
    func anchor() throws -> TrustAnchor {
      guard case .authority(let certificate, let list) = office.authority else { throw CertificateFault.otherKey }
      return try TrustAnchor(certificate: [UInt8](certificate), revocationList: [UInt8](list))
    }
    func serialNumber(_ certificate: [UInt8]) throws -> String {
      try CertificatePolicy(anchors: [anchor()]).judge(certificate: certificate, at: now)
    }
    let first = try serialNumber(certify())
    let second = try serialNumber(certify())
    // The first one has only been superseded.
    try anchor().checkStands(serialNumber: first)
    try store.enrol(CurveKeyPair.generate().publicKey, for: "hq")
    #expect(try store.revokeKey(of: "hq", at: now))
    try office.renewList(at: now)
    for number in [first, second] {
      #expect(throws: CertificateFault.revoked(serialNumber: number, since: now)) {
        try anchor().checkStands(serialNumber: number)
      }
    }
    _ = try serialNumber(certify())
  }

  @Test("its own certificate is renewed in time, at the start and while it runs, and what it issues is not cut short")
  func renewal() throws {
    let year: TimeInterval = 365 * 86400
    func ownCertificate(_ office: CertificateOffice) -> Data? {
      if case .authority(let certificate, _) = office.authority { certificate } else { nil }
    }
    let office = try CertificateOffice(state, store, at: now)
    let first = ownCertificate(office)
    func certify(at date: Date) throws -> [UInt8] {
      [UInt8](try #require(try office.certify(request(), of: "hq", identities: ["isp.hq.acme"], at: date)))
    }
    _ = try certify(at: now + 7 * year)
    #expect(ownCertificate(office) == first)
    let late = try certify(at: now + 9 * year)
    #expect(ownCertificate(office) != first)
    // Beyond the end that the authority had at first.
    _ = try policy(office).judge([late], of: .fqdn("isp.hq.acme"), at: now + 10.9 * year)
    let renewed = ownCertificate(office)
    #expect(try ownCertificate(CertificateOffice(state, store, at: now + 9 * year)) == renewed, "it is on disk")
    #expect(try ownCertificate(CertificateOffice(state, store, at: now + 18 * year)) != renewed)
  }

  @Test("a site without identities to prove, and a request that is none, get no certificate")
  func refused() throws {
    let office = try CertificateOffice(state, store, at: now)
    #expect(try office.certify(request(), of: "hq", identities: [], at: now) == nil)
    #expect(throws: CertificateFault.self) {
      try office.certify(Data([1, 2, 3]), of: "hq", identities: ["isp.hq.acme"], at: now)
    }
  }
}

extension CertificatePolicy {
  /// The serial number of a good certificate of `isp.hq.acme`.
  fileprivate func judge(certificate: [UInt8], at date: Date) throws -> String {
    try judge([certificate], of: .fqdn("isp.hq.acme"), at: date).serialNumber
  }
}
