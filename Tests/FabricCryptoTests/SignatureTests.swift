import COpenSSL
import FabricCrypto
import FabricTestKit
import Testing

@Suite struct SignatureTests {
  private static let kinds: [SignatureKeyKind] = [.rsa(bits: 2048), .ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519]
  private let message = [UInt8]("RealMessage1 | NonceRData | MACedIDForI".utf8)

  @Test("what a key signs, its public half verifies, by each algorithm of its kind", arguments: kinds)
  func roundTrip(kind: SignatureKeyKind) throws {
    let key = try SigningKey.generate(kind)
    #expect(key.verificationKey.kind == kind)
    for algorithm in kind.algorithms {
      let signature = try key.sign(message, by: algorithm)
      #expect(key.verificationKey.isValid(signature, of: message, by: algorithm))
      #expect(!key.verificationKey.isValid(signature, of: message + [0], by: algorithm))
      #expect(!key.verificationKey.isValid(signature.dropLast(), of: message, by: algorithm))
      #expect(!key.verificationKey.isValid(signature + [0], of: message, by: algorithm))
      #expect(!key.verificationKey.isValid([], of: message, by: algorithm))
      for other in SignatureAlgorithm.all where other != algorithm {
        #expect(!key.verificationKey.isValid(signature, of: message, by: other))
      }
    }
    let other = try SigningKey.generate(kind)
    let algorithm = try #require(kind.algorithms.first)
    #expect(!other.verificationKey.isValid(try key.sign(message, by: algorithm), of: message, by: algorithm))
  }

  @Test("a key does not sign by another kind's algorithm", arguments: kinds)
  func wrongAlgorithm(kind: SignatureKeyKind) throws {
    let key = try SigningKey.generate(kind)
    for algorithm in SignatureAlgorithm.all where !kind.algorithms.contains(algorithm) {
      #expect(throws: CryptographyError.wrongSignatureAlgorithm(algorithm)) { try key.sign(message, by: algorithm) }
    }
  }

  @Test("keys come back from DER and PEM, their public halves from SubjectPublicKeyInfo", arguments: kinds)
  func encoding(kind: SignatureKeyKind) throws {
    let key = try SigningKey.generate(kind)
    let der = try key.der
    let base64 = der.withUnsafeBytes { Array($0) }.base64
    let pem = [UInt8]("-----BEGIN PRIVATE KEY-----\n\(base64)\n-----END PRIVATE KEY-----\n".utf8)
    let algorithm = try #require(kind.algorithms.first)
    let publicKey = try VerificationKey(subjectPublicKeyInfo: key.verificationKey.subjectPublicKeyInfo)
    #expect(publicKey == key.verificationKey)
    for copy in try [SigningKey(der: der), SigningKey(pem: SecretBytes(pem))] {
      #expect(copy.verificationKey == publicKey)
      #expect(publicKey.isValid(try copy.sign(message, by: algorithm), of: message, by: algorithm))
    }
  }

  @Test("what is no key, or cut, or has bytes behind it, is refused")
  func refused() throws {
    let good = try SigningKey.generate(.ecdsaP256).verificationKey.subjectPublicKeyInfo
    for bytes in [[], [0x30], Array(good.dropLast()), good + [0], SeededRandom(seed: 1).randomBytes(91)] {
      #expect(throws: CryptographyError.unusableKey) { try VerificationKey(subjectPublicKeyInfo: bytes) }
      #expect(throws: CryptographyError.unusableKey) { try SigningKey(der: SecretBytes(bytes)) }
      #expect(throws: CryptographyError.unusableKey) { try SigningKey(pem: SecretBytes(bytes)) }
    }
  }

  @Test("short RSA keys and other curves are refused (RFC 8247 section 4)")
  func weakKeys() {
    #expect(throws: CryptographyError.unusableKey) { try SigningKey.generate(.rsa(bits: 1024)) }
    // The base point of secp256k1 as a public key.
    let secp256k1 = """
      3056301006072a8648ce3d020106052b8104000a03420004\
      79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798\
      483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8
      """
    #expect(throws: CryptographyError.unusableKey) {
      try VerificationKey(subjectPublicKeyInfo: #require([UInt8](hex: secp256k1)))
    }
  }

  @Test("an encrypted key is refused, and nobody is asked for a password")
  func encryptedKey() {
    let pem = """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBJv4ZSqOtNEFhaoUcR
      -----END ENCRYPTED PRIVATE KEY-----
      """
    #expect(throws: CryptographyError.unusableKey) { try SigningKey(pem: SecretBytes([UInt8](pem.utf8))) }
  }

  @Test("AlgorithmIdentifiers are those of RFC 7427 appendix A and RFC 8420 appendix A")
  func identifiers() {
    let expected: [(SignatureAlgorithm, String)] = [
      (.rsaPKCS1(.sha256), "300d06092a864886f70d01010b0500"),
      (.rsaPKCS1(.sha384), "300d06092a864886f70d01010c0500"),
      (.rsaPKCS1(.sha512), "300d06092a864886f70d01010d0500"),
      (.ecdsa(.sha256), "300a06082a8648ce3d040302"),
      (.ecdsa(.sha384), "300a06082a8648ce3d040303"),
      (.ecdsa(.sha512), "300a06082a8648ce3d040304"),
      (
        .rsaPSS(.sha256),
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
          + "300d06096086480165030402010500a203020120"
      ),
      (.ed25519, "300506032b6570"),
    ]
    for (algorithm, hex) in expected { #expect(algorithm.algorithmIdentifier.hex == hex) }
    for algorithm in SignatureAlgorithm.all {
      #expect(SignatureAlgorithm(algorithmIdentifier: algorithm.algorithmIdentifier) == algorithm)
      #expect(SignatureAlgorithm(algorithmIdentifier: algorithm.algorithmIdentifier.dropLast()) == nil)
    }
  }

  @Test("PSS hashes without NULL parameters are understood; SHA-1 and default parameters are not")
  func otherSpellings() throws {
    let absent =
      "303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806092a864886f70d010108"
      + "300b0609608648016503040201a203020120"
    #expect(SignatureAlgorithm(algorithmIdentifier: try #require([UInt8](hex: absent))) == .rsaPSS(.sha256))
    for unknown in ["", "300d06092a864886f70d0101050500", "300d06092a864886f70d01010a3000", "30090607 2a8648ce3d0401"] {
      let bytes = [UInt8](hex: unknown.filter { $0 != " " }) ?? []
      #expect(SignatureAlgorithm(algorithmIdentifier: bytes) == nil)
    }
  }

  @Test("the algorithm is the key's first whose hash the peer announced (RFC 7427 section 4)")
  func choice() {
    #expect(SignatureKeyKind.rsa(bits: 2048).algorithm(forPeerHashes: [.sha512, .sha384]) == .rsaPSS(.sha384))
    #expect(SignatureKeyKind.ecdsaP384.algorithm(forPeerHashes: Set(SignatureHash.allCases)) == .ecdsa(.sha384))
    #expect(SignatureKeyKind.ecdsaP384.algorithm(forPeerHashes: [.sha256]) == .ecdsa(.sha256))
    #expect(SignatureKeyKind.ed25519.algorithm(forPeerHashes: [.sha256]) == nil)
    #expect(SignatureKeyKind.ed25519.algorithm(forPeerHashes: [.identity]) == .ed25519)
    #expect(SignatureKeyKind.ecdsaP256.algorithm(forPeerHashes: []) == nil)
  }
}

extension [UInt8] {
  fileprivate var base64: String {
    var output = [UInt8](repeating: 0, count: (count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&output, self, Int32(count))
    return String(decoding: output.prefix(Int(length)), as: UTF8.self)
  }
}
