import FabricCrypto
import SwiftASN1
import X509

/// A PKCS #10 request (RFC 2986): a key that asks to be certified, and the proof that its sender holds it.
///
/// The names in it are not read. What a certificate says is for its issuer to know.
public struct SigningRequest: Sendable {
  let publicKey: Certificate.PublicKey

  /// Reads a request in DER, and checks its signature and the strength of its key.
  public init(der: [UInt8]) throws(CertificateFault) {
    let request: CertificateSigningRequest
    do {
      request = try CertificateSigningRequest(derEncoded: der)
      _ = try VerificationKey(subjectPublicKeyInfo: request.publicKey.subjectPublicKeyInfo())
    } catch {
      throw .unreadable("request")
    }
    guard request.publicKey.isValidSignature(request.signature, for: request) else { throw .unprovenRequest }
    publicKey = request.publicKey
  }

  /// Makes a request for a key, in DER.
  public static func make(for key: SigningKey) throws -> [UInt8] {
    let request = try CertificateSigningRequest(
      version: .v1, subject: DistinguishedName(), privateKey: Certificate.PrivateKey(CertificateSigner(key)),
      attributes: CertificateSigningRequest.Attributes())
    var serializer = DER.Serializer()
    try serializer.serialize(request)
    return serializer.serializedBytes
  }
}
