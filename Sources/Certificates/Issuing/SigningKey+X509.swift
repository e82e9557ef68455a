import FabricCrypto
import Foundation
import SwiftASN1
import X509

/// Lets swift-certificates have certificates and requests signed by a key that stays where it is.
struct CertificateSigner: CustomPrivateKey {
  private let key: SigningKey
  let publicKey: Certificate.PublicKey

  init(_ key: SigningKey) throws {
    self.key = key
    publicKey = try Certificate.PublicKey(derEncoded: key.verificationKey.subjectPublicKeyInfo)
  }

  static func == (left: CertificateSigner, right: CertificateSigner) -> Bool { left.publicKey == right.publicKey }

  func hash(into hasher: inout Hasher) { hasher.combine(publicKey) }

  var defaultSignatureAlgorithm: Certificate.SignatureAlgorithm {
    switch key.verificationKey.kind {
    case .rsa: .sha256WithRSAEncryption
    case .ecdsaP256: .ecdsaWithSHA256
    case .ecdsaP384: .ecdsaWithSHA384
    case .ecdsaP521: .ecdsaWithSHA512
    case .ed25519: .ed25519
    }
  }

  var supportedSignatureAlgorithms: [Certificate.SignatureAlgorithm] { [defaultSignatureAlgorithm] }

  func signSynchronously(
    bytes: some DataProtocol, signatureAlgorithm: Certificate.SignatureAlgorithm
  ) throws -> Certificate.Signature {
    let signature = try key.sign(Array(bytes), by: key.verificationKey.kind.certificateAlgorithm)
    return try Certificate.Signature(
      signatureAlgorithm: defaultSignatureAlgorithm, signatureBytes: ASN1BitString(bytes: signature[...]))
  }

  // A key that signs here is never written out.
  static var defaultPEMDiscriminator: String { "PRIVATE KEY" }

  func serialize(into coder: inout DER.Serializer) throws { throw CertificateFault.unreadable("key") }
}

extension SignatureKeyKind {
  /// What certificates and revocation lists are signed by; swift-certificates does not know RSA-PSS.
  var certificateAlgorithm: FabricCrypto.SignatureAlgorithm {
    switch self {
    case .rsa: .rsaPKCS1(.sha256)
    case .ecdsaP256: .ecdsa(.sha256)
    case .ecdsaP384: .ecdsa(.sha384)
    case .ecdsaP521: .ecdsa(.sha512)
    case .ed25519: .ed25519
    }
  }
}
