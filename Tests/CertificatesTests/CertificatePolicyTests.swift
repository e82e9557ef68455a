import FabricCrypto
import FabricTestKit
import Foundation
import SwiftASN1
import Testing
import X509

@testable import Certificates

@Suite("Chains of certificates")
struct CertificatePolicyTests {
  private let identity = CertifiedIdentity.fqdn("hq.example")
  private let now = TestCertificate.now

  private func judge(
    _ chain: [TestCertificate], under anchors: [TrustAnchor], of identity: CertifiedIdentity? = nil
  ) throws -> CertificatePolicy.Proven {
    try CertificatePolicy(anchors: anchors).judge(
      chain.map { try $0.der }, of: identity ?? self.identity, at: now)
  }

  private func fault(
    of chain: [TestCertificate], under anchors: [TrustAnchor], as identity: CertifiedIdentity? = nil
  ) throws -> CertificateFault? {
    do {
      _ = try judge(chain, under: anchors, of: identity)
      return nil
    } catch let fault as CertificateFault {
      return fault
    }
  }

  @Test(
    "a gateway's certificate of every kind of key is accepted, and its key handed out",
    arguments: [SignatureKeyKind.rsa(bits: 2048), .ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519])
  func accepted(kind: SignatureKeyKind) throws {
    let root = try TestCertificate.root(kind: kind)
    let gateway = try root.gateway(kind: kind)
    let proven = try judge([gateway], under: [root.anchor()])
    #expect(proven.key == gateway.key.verificationKey)
    #expect(proven.issuer == "CN=root")
  }

  @Test("authorities in between may come in any order, and others beside them")
  func intermediates() throws {
    let root = try TestCertificate.root()
    let upper = try root.authority("upper")
    let lower = try upper.authority("lower")
    let gateway = try lower.gateway()
    let stranger = try TestCertificate.root("stranger")
    #expect(try fault(of: [gateway, upper, stranger, lower], under: [root.anchor()]) == nil)
    #expect(try fault(of: [gateway, lower], under: [root.anchor()]) == .untrusted(issuer: "CN=lower"))
  }

  @Test("a certificate proves the identities of its subjectAltName alone, without regard to case")
  func identities() throws {
    let root = try TestCertificate.root()
    let anchor = try root.anchor()
    for identity: CertifiedIdentity in [
      .fqdn("HQ.Example"), .email("ops@hq.example"), CertifiedIdentity("192.0.2.1"), CertifiedIdentity("2001:db8::1"),
    ] {
      #expect(try fault(of: [root.gateway(identity)], under: [anchor], as: identity) == nil)
    }
    #expect(try fault(of: [root.gateway(.fqdn("HQ.EXAMPLE"))], under: [anchor]) == nil)
    for other: CertifiedIdentity in [
      .fqdn("berlin.example"), .fqdn("*.example"), .fqdn("hq.example.org"), .email("hq.example"),
    ] {
      let fault = try fault(of: [root.gateway(other)], under: [anchor])
      #expect(fault == .otherIdentity(expected: "hq.example", actual: [other.description]))
    }
    // The common name says nothing.
    let named = try root.gateway { contents in
      contents.subject = "hq.example"
      contents.identities = []
    }
    #expect(try fault(of: [named], under: [anchor]) == .otherIdentity(expected: "hq.example", actual: []))
  }

  @Test("expired, and not valid yet, at every place of the chain")
  func validity() throws {
    let past = now - TestCertificate.day / 2
    let future = now + TestCertificate.day / 2
    let root = try TestCertificate.root()
    #expect(
      try fault(of: [root.gateway { $0.until = past }], under: [root.anchor()])
        == .expired(subject: "CN=gateway", since: past))
    #expect(
      try fault(of: [root.gateway { $0.from = future }], under: [root.anchor()])
        == .notYetValid(subject: "CN=gateway", from: future))
    let stale = try root.authority("middle") { $0.until = past }
    #expect(
      try fault(of: [stale.gateway(), stale], under: [root.anchor()])
        == .expired(subject: "CN=middle", since: past))
    let old = try TestCertificate.root { $0.until = past }
    #expect(try fault(of: [old.gateway()], under: [old.anchor()]) == .expired(subject: "CN=root", since: past))
  }

  @Test("an issuer that is nobody's authority, or has signed nothing of the kind, leads nowhere")
  func untrusted() throws {
    let root = try TestCertificate.root()
    let namesake = try TestCertificate.root()
    #expect(try fault(of: [namesake.gateway()], under: [root.anchor()]) == .untrusted(issuer: "CN=root"))
    #expect(try fault(of: [root.gateway()], under: []) == .untrusted(issuer: "CN=root"))
    // Self-signed.
    let contents = TestCertificate.Contents(subject: "alone", identities: [identity])
    let alone = try TestCertificate(contents, kind: .ecdsaP256, issuer: nil)
    #expect(try fault(of: [alone], under: [root.anchor()]) == .untrusted(issuer: "CN=alone"))
    #expect(throws: CertificateFault.notAnAuthority(subject: "CN=alone")) { try alone.anchor() }
  }

  @Test("a gateway cannot act as an authority, nor an authority as a gateway")
  func roles() throws {
    let root = try TestCertificate.root()
    let gateway = try root.gateway()
    #expect(
      try fault(of: [gateway.gateway { $0.subject = "forged" }, gateway], under: [root.anchor()])
        == .notAnAuthority(subject: "CN=gateway"))
    let bare = try root.authority("bare") { $0.authority = nil }
    #expect(try fault(of: [bare.gateway(), bare], under: [root.anchor()]) == .notAnAuthority(subject: "CN=bare"))
    let usage = try root.authority("usage") { $0.keyUsage = KeyUsage(digitalSignature: true) }
    #expect(try fault(of: [usage.gateway(), usage], under: [root.anchor()]) == .wrongKeyUsage(subject: "CN=usage"))
    let authority = try root.gateway { $0.authority = .isCertificateAuthority(maxPathLength: nil) }
    #expect(try fault(of: [authority], under: [root.anchor()]) == .isAnAuthority(subject: "CN=gateway"))
  }

  @Test("the path is as long as each authority allows, and no longer")
  func pathLength() throws {
    let root = try TestCertificate.root { $0.authority = .isCertificateAuthority(maxPathLength: 1) }
    let upper = try root.authority("upper")
    #expect(try fault(of: [upper.gateway(), upper], under: [root.anchor()]) == nil)
    let lower = try upper.authority("lower")
    #expect(try fault(of: [lower.gateway(), lower, upper], under: [root.anchor()]) == .pathTooLong(subject: "CN=root"))
  }

  @Test("key usage and extended key usage as RFC 4945 section 5.1.3 has them")
  func purposes() throws {
    let root = try TestCertificate.root()
    let anchor = try root.anchor()
    for purposes in [[ExtendedKeyUsage.Usage.ike], [.any], [.serverAuth, .ike]] {
      #expect(try fault(of: [root.gateway { $0.purposes = purposes }], under: [anchor]) == nil)
    }
    #expect(
      try fault(of: [root.gateway { $0.purposes = [.codeSigning] }], under: [anchor])
        == .wrongExtendedKeyUsage(subject: "CN=gateway"))
    #expect(
      try fault(of: [root.gateway { $0.keyUsage = KeyUsage(keyEncipherment: true) }], under: [anchor])
        == .wrongKeyUsage(subject: "CN=gateway"))
    #expect(try fault(of: [root.gateway { $0.keyUsage = KeyUsage(nonRepudiation: true) }], under: [anchor]) == nil)
    #expect(try fault(of: [root.gateway { $0.keyUsage = nil }], under: [anchor]) == nil)
  }

  @Test("a critical extension that is not enforced here makes a certificate unusable")
  func criticalExtension() throws {
    let root = try TestCertificate.root()
    let unknown = Certificate.Extension(oid: [1, 2, 3], critical: true, value: [5, 0])
    #expect(
      try fault(of: [root.gateway { $0.extra = unknown }], under: [root.anchor()])
        == .unknownCriticalExtension(subject: "CN=gateway", identifier: "1.2.3"))
    let harmless = Certificate.Extension(oid: [1, 2, 3], critical: false, value: [5, 0])
    #expect(try fault(of: [root.gateway { $0.extra = harmless }], under: [root.anchor()]) == nil)
    let constraints = Certificate.Extension(oid: .X509ExtensionID.nameConstraints, critical: false, value: [0x30, 0])
    let middle = try root.authority("middle") { $0.extra = constraints }
    #expect(
      try fault(of: [middle.gateway(), middle], under: [root.anchor()])
        == .unknownCriticalExtension(subject: "CN=middle", identifier: "2.5.29.30"))
  }

  @Test("SHA-1, and an algorithm that is not the issuer's, are refused")
  func algorithms() throws {
    // A chain of OpenSSL's: RSA of 2,048 bits, and the gateway's certificate signed by sha1WithRSAEncryption.
    let root = try TestCertificate.root(kind: .rsa(bits: 2048))
    let gateway = try root.gateway()
    let sha1: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05]
    let sha256: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B]
    let weak = try #require(gateway.der.replacing(sha256, with: sha1))
    #expect(throws: CertificateFault.self) {
      try CertificatePolicy(anchors: [root.anchor()]).judge([weak], of: identity, at: now)
    }
    // The signature of one algorithm, labelled as another's.
    let ecdsa = try TestCertificate.root()
    let other: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]
    let right: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
    let confused = try #require(ecdsa.gateway().der.replacing(right, with: other))
    #expect(throws: CertificateFault.untrusted(issuer: "CN=root")) {
      try CertificatePolicy(anchors: [ecdsa.anchor()]).judge([confused], of: identity, at: now)
    }
  }

  @Test("a changed, cut or lengthened certificate proves nothing, and harms nothing")
  func mutations() throws {
    let root = try TestCertificate.root()
    let good = try root.gateway().der
    let policy = CertificatePolicy(anchors: [try root.anchor()])
    let random = SeededRandom(seed: 11)
    for _ in 0..<400 {
      var bad = good
      switch random.randomUInt32() % 3 {
      case 0:
        let place = Int(random.randomUInt32()) % bad.count
        bad[place] ^= UInt8(1 << (random.randomUInt32() % 8))
      case 1: bad.removeLast(1 + Int(random.randomUInt32()) % (bad.count - 1))
      default: bad += random.randomBytes(1 + Int(random.randomUInt32() % 8))
      }
      #expect(throws: CertificateFault.self) { try policy.judge([bad], of: identity, at: now) }
    }
    #expect(throws: CertificateFault.self) { try policy.judge([], of: identity, at: now) }
    #expect(throws: CertificateFault.tooManyCertificates) {
      try policy.judge(Array(repeating: good, count: 9), of: identity, at: now)
    }
  }

  @Test("many authorities of one name do not keep us busy")
  func manyNamesakes() throws {
    let root = try TestCertificate.root()
    let namesakes = try (0..<7).map { _ in try TestCertificate.root() }
    let gateway = try TestCertificate.root().gateway()
    #expect(try fault(of: [gateway] + namesakes, under: [root.anchor()]) == .untrusted(issuer: "CN=root"))
  }
}

extension [UInt8] {
  /// The bytes with every occurrence of `old` replaced by as many others; nil if there is none.
  fileprivate func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8]? {
    var bytes = self
    var count = 0
    for start in indices where starts(with: old, at: start) {
      bytes.replaceSubrange(start..<(start + old.count), with: new)
      count += 1
    }
    return count > 0 ? bytes : nil
  }

  private func starts(with other: [UInt8], at start: Int) -> Bool {
    start + other.count <= count && self[start..<(start + other.count)].elementsEqual(other)
  }
}
