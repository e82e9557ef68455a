import Crypto
import FabricCrypto
import SwiftASN1
import X509

extension Certificate {
  /// Reads one certificate in DER and nothing behind it.
  init(der: [UInt8]) throws(CertificateFault) {
    do {
      self = try Certificate(derEncoded: der)
    } catch {
      throw .unreadable("certificate")
    }
  }

  /// The subject's distinguished name, or the serial number of a certificate without one.
  var name: String { subject.isEmpty ? "serial number \(serialNumber)" : subject.description }

  /// The holder's key; throws for one that Fabric does not accept signatures of.
  func verificationKey() throws(CertificateFault) -> VerificationKey {
    do {
      return try VerificationKey(subjectPublicKeyInfo: publicKey.subjectPublicKeyInfo())
    } catch {
      throw .weakKey(subject: name)
    }
  }

  /// The names of the subjectAltName that IKE knows.
  func identities() throws(CertificateFault) -> [CertifiedIdentity] {
    do {
      return try extensions.subjectAlternativeNames?.compactMap(CertifiedIdentity.init) ?? []
    } catch {
      throw .unreadable("certificate")
    }
  }

  /// The certificate in DER.
  func der() throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.serialize(self)
    return serializer.serializedBytes
  }
}

extension Certificate.PublicKey {
  /// The DER encoding of the SubjectPublicKeyInfo.
  func subjectPublicKeyInfo() throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.serialize(self)
    return serializer.serializedBytes
  }

  /// The SHA-1 hash of the SubjectPublicKeyInfo, by which RFC 7296 section 3.7 has authorities named; nothing rests on it.
  func certificateRequestHash() throws -> [UInt8] { Array(Insecure.SHA1.hash(data: try subjectPublicKeyInfo())) }

  /// A key identifier (RFC 7093 section 2, method 1): the first 160 bits of SHA-256 over the key.
  var identifier: ArraySlice<UInt8> { Array(SHA256.hash(data: subjectPublicKeyInfoBytes)).prefix(20) }
}
