import Certificates
import FabricCrypto
import Foundation
import Testing

@testable import AgentCore
@testable import IKE

@Suite("The gateway's certificate")
struct CertificateKeeperTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let identities = ["dsl.berlin.acme", "lte.berlin.acme"]

  private func found() throws -> CertificationAuthority {
    try CertificationAuthority.found(named: "test", key: .generate(.ecdsaP384), at: now)
  }

  private func certify(
    _ request: Data, by authority: CertificationAuthority, as identities: [String]? = nil
  ) throws -> Data {
    let issued = try authority.issue(
      SigningRequest(der: [UInt8](request)), to: "berlin",
      identities: (identities ?? self.identities).map { CertifiedIdentity($0) }, at: now)
    return Data(issued.certificate)
  }

  private func trust(_ authority: CertificationAuthority, _ keeper: inout CertificateKeeper) throws {
    let list = try authority.revocationList(of: [], number: 1, at: now)
    try keeper.trust(Data(authority.certificate), Data(list))
  }

  /// A gateway that has its certificate.
  private func certified(by authority: CertificationAuthority) throws -> CertificateKeeper {
    var keeper = CertificateKeeper(KeptCredentials())
    try trust(authority, &keeper)
    let request = try #require(try keeper.request(for: identities, at: now))
    #expect(keeper.credentials == nil)
    try keeper.received(certify(request, by: authority), for: identities, at: now)
    return keeper
  }

  @Test("it is asked for once, with a key that the gateway has made, and kept")
  func enrolment() throws {
    let authority = try found()
    var keeper = try certified(by: authority)
    #expect(keeper.credentials != nil)
    #expect(try keeper.request(for: identities, at: now) == nil)
    #expect(try keeper.request(for: [], at: now) == nil)
    let directory = try TemporaryDirectory()
    let store = CredentialStore(directory: directory.path)
    #expect(store.load() == KeptCredentials())
    try store.save(keeper.kept)
    #expect(store.load() == keeper.kept)
    let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/credentials")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    store.remove()
    #expect(store.load() == KeptCredentials())
  }

  @Test("another identity, another authority and old age have it asked for again, with the same key")
  func again() throws {
    let authority = try found()
    let keeper = try certified(by: authority)
    var renamed = keeper
    #expect(try renamed.request(for: ["fiber.berlin.acme"], at: now + 10) != nil)
    #expect(try renamed.request(for: ["fiber.berlin.acme"], at: now + 11) == nil, "one request at a time")
    #expect(try renamed.request(for: ["fiber.berlin.acme"], at: now + 16) != nil)
    #expect(renamed.kept.key == keeper.kept.key && renamed.credentials != nil)
    var moved = keeper
    try trust(try found(), &moved)
    #expect(moved.credentials == nil)
    #expect(try moved.request(for: identities, at: now) != nil)
    var old = keeper
    #expect(try old.request(for: identities, at: now + 700 * 86400) != nil)
  }

  @Test("a certificate that the authority's own end has cut short is renewed in its last twelfth, hourly at most")
  func shortened() throws {
    let day: TimeInterval = 86400
    let authority = try found()
    var keeper = CertificateKeeper(KeptCredentials())
    // Its authority has 36 days left, and does not renew itself.
    let late = now + 3614 * day
    try keeper.trust(Data(authority.certificate), Data(authority.revocationList(of: [], number: 1, at: late)))
    func issue(_ request: Data, at date: Date) throws -> Data {
      let names = identities.map { CertifiedIdentity($0) }
      let issued = try authority.issue(
        SigningRequest(der: [UInt8](request)), to: "berlin", identities: names, at: date)
      return Data(issued.certificate)
    }
    let first = try #require(try keeper.request(for: identities, at: late))
    try keeper.received(issue(first, at: late), for: identities, at: late)
    for wait in [5, 3600, 32 * day] { #expect(try keeper.request(for: identities, at: late + wait) == nil) }
    // What comes in its last twelfth is no longer than itself.
    let due = late + 34 * day
    let second = try #require(try keeper.request(for: identities, at: due))
    try keeper.received(issue(second, at: due), for: identities, at: due)
    let last = late + 36 * day - 60
    let third = try #require(try keeper.request(for: identities, at: last))
    try keeper.received(issue(third, at: last), for: identities, at: last)
    #expect(try keeper.request(for: identities, at: last + 30) == nil, "it was asked for a moment ago")
  }

  @Test("an authority that has renewed its own certificate is the same: what it has issued stays")
  func renewedAuthority() throws {
    let authority = try found()
    var keeper = try certified(by: authority)
    let certificate = keeper.kept.certificate
    let renewed = try #require(try authority.renewed(at: now + 3000 * 86400))
    try trust(renewed, &keeper)
    #expect(keeper.kept.authority == Data(renewed.certificate) && keeper.kept.certificate == certificate)
  }

  @Test("a certificate that the authority has taken back is asked for again")
  func revoked() throws {
    let authority = try found()
    var keeper = try certified(by: authority)
    let credentials = try IKECredentials(try #require(keeper.credentials), now: { [now] in now })
    let chain = try #require(credentials.own?.chain)
    let peer = try credentials.trust.judge(chain, of: .fqdn("dsl.berlin.acme"), under: .ownAuthority)
    let list = try authority.revocationList(
      of: [.init(serialNumber: peer.certificate.serialNumber, date: now, isSuperseded: false)], number: 2, at: now)
    try credentials.trust.checkStands(peer.certificate, under: .ownAuthority)
    try keeper.trust(Data(authority.certificate), Data(list))
    let trust = try IKECredentials(try #require(keeper.credentials), now: { [now] in now }).trust
    #expect(throws: TrustFault.self) { try trust.checkStands(peer.certificate, under: .ownAuthority) }
    // A serial number is its authority's alone, and this is another's list.
    try trust.checkStands(peer.certificate, under: .authorities([authority.certificate]))
    #expect(try keeper.request(for: identities, at: now) != nil)
  }

  @Test("a certificate of another key, of other identities or of another authority is not taken")
  func refused() throws {
    let authority = try found()
    var keeper = CertificateKeeper(KeptCredentials())
    try trust(authority, &keeper)
    let request = try #require(try keeper.request(for: identities, at: now))
    let foreign = try SigningRequest.make(for: .generate(.ecdsaP256))
    for certificate in [
      try certify(Data(foreign), by: authority), try certify(request, by: authority, as: ["isp.hq.acme"]),
      try certify(request, by: authority, as: ["dsl.berlin.acme"]), try certify(request, by: try found()),
      Data([1, 2]),
    ] {
      #expect(throws: (any Error).self) { try keeper.received(certificate, for: identities, at: now) }
    }
    #expect(keeper.credentials == nil)
  }

  @Test("two gateways of one network trust each other's certificates, and no third party's authority makes up for one")
  func trust() throws {
    let authority = try found()
    let now = now
    let credentials = try IKECredentials(try #require(certified(by: authority).credentials), now: { now })
    let chain = try #require(credentials.own?.chain)
    let peer = try credentials.trust.judge(chain, of: .fqdn("lte.berlin.acme"), under: .ownAuthority)
    #expect(peer.key == credentials.own?.key.verificationKey)
    let other = try found()
    #expect(throws: TrustFault.self) {
      try credentials.trust.judge(chain, of: .fqdn("lte.berlin.acme"), under: .authorities([other.certificate]))
    }
    #expect(throws: TrustFault.self) {
      try credentials.trust.judge(chain, of: .fqdn("isp.hq.acme"), under: .ownAuthority)
    }
    #expect(throws: TrustFault.self) { try credentials.trust.judge(chain, of: .keyID([1]), under: .ownAuthority) }
    #expect(credentials.trust.authorityKeyHashes(of: .authorities([other.certificate])).map(\.count) == [20])
  }
}
