import FabricCrypto
import FabricTestKit
import Testing

@Suite("Wycheproof signatures", .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct WycheproofSignatureTests {
  private struct Vector: WycheproofVector {
    let tcId: Int
    let msg, sig: Hexadecimal
    let result: WycheproofResult
  }

  private struct Group: WycheproofGroup {
    let publicKeyDer: Hexadecimal
    let tests: [Vector]
  }

  @Test(
    "signatures are accepted and refused as Wycheproof says",
    arguments: [
      ("ecdsa_secp256r1_sha256_test.json", .ecdsa(.sha256)),
      ("ecdsa_secp384r1_sha384_test.json", .ecdsa(.sha384)),
      ("ecdsa_secp521r1_sha512_test.json", .ecdsa(.sha512)),
      ("rsa_pss_2048_sha256_mgf1_32_test.json", .rsaPSS(.sha256)),
      ("rsa_signature_2048_sha256_test.json", .rsaPKCS1(.sha256)),
      ("rsa_signature_3072_sha384_test.json", .rsaPKCS1(.sha384)),
      ("ed25519_test.json", .ed25519),
    ] as [(String, SignatureAlgorithm)])
  func verify(file: String, algorithm: SignatureAlgorithm) throws {
    try runWycheproof(file, Group.self) { group, vector in
      let key = try VerificationKey(subjectPublicKeyInfo: group.publicKeyDer.bytes)
      return key.isValid(vector.sig.bytes, of: vector.msg.bytes, by: algorithm) ? .accepted : .refused
    }
  }
}
