import FabricCrypto
import FabricTestKit
import Testing

@Suite("Wycheproof ciphers", .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct WycheproofCipherTests {
  private struct AEADVector: WycheproofVector {
    let tcId: Int
    let key, iv, aad, msg, ct, tag: Hexadecimal
    let result: WycheproofResult
  }

  private struct AEADGroup: WycheproofGroup {
    let ivSize, keySize, tagSize: Int
    let tests: [AEADVector]
  }

  @Test("AES-GCM with the 96-bit nonce and 128-bit tag of RFC 4106", arguments: CipherImplementation.allCases)
  func aesGCM(implementation: CipherImplementation) throws {
    let algorithms = [128: EncryptionAlgorithm.aes128GCM16, 256: .aes256GCM16]
    try runAEAD("aes_gcm_test.json", implementation) { algorithms[$0.keySize] }
  }

  @Test("ChaCha20-Poly1305 with the 96-bit nonce of RFC 7634", arguments: CipherImplementation.allCases)
  func chaCha20Poly1305(implementation: CipherImplementation) throws {
    try runAEAD("chacha20_poly1305_test.json", implementation) { _ in .chaCha20Poly1305 }
  }

  private func runAEAD(
    _ file: String, _ implementation: CipherImplementation, _ algorithm: (AEADGroup) -> EncryptionAlgorithm?
  ) throws {
    guard CipherImplementation.available(for: .aead(.aes256GCM16)).contains(implementation) else {
      return print("Wycheproof \(file): \(implementation.rawValue) is not on this machine")
    }
    try runWycheproof(file, AEADGroup.self) { group, vector in
      guard group.ivSize == 96, group.tagSize == 128, let algorithm = algorithm(group) else { return .notApplicable }
      let nonce = vector.iv.bytes
      var packet = try CipherPacket(
        TestedCipher(suite: .aead(algorithm), implementation: implementation),
        key: vector.key.bytes + nonce.prefix(4), header: vector.aad.bytes,
        iv: Array(nonce.dropFirst(4)), text: vector.ct.bytes, icv: vector.tag.bytes)
      let opened = packet.open()
      guard opened.isAuthentic else { return .refused }
      #expect(opened.text == vector.msg.bytes)
      packet.text = opened.text
      try packet.seal()
      return packet.text == vector.ct.bytes && packet.icv == vector.tag.bytes ? .accepted : .refused
    }
  }

  @Test("AES-CBC; PKCS #5 padding, which IPsec does not use, is the test's own")
  func aesCBC() throws {
    struct Vector: WycheproofVector {
      let tcId: Int
      let key, iv, msg, ct: Hexadecimal
      let result: WycheproofResult
    }
    struct Group: WycheproofGroup {
      let keySize: Int
      let tests: [Vector]
    }
    try runWycheproof("aes_cbc_pkcs5_test.json", Group.self) { group, vector in
      guard let algorithm = [128: EncryptionAlgorithm.aes128CBC, 256: .aes256CBC][group.keySize] else {
        return .notApplicable
      }
      // The vectors have no MAC; ours is made with the PRF, so that open gets as far as decrypting.
      let integrityKey = [UInt8](repeating: 1, count: 32)
      let icv = PseudorandomFunction.hmacSHA256(key: SecretBytes(integrityKey), vector.iv.bytes + vector.ct.bytes)
      var packet = try CipherPacket(
        TestedCipher(suite: .encryptThenMAC(algorithm, .hmacSHA256_128), implementation: .openSSL),
        key: vector.key.bytes, integrityKey: integrityKey, header: [], iv: vector.iv.bytes, text: vector.ct.bytes,
        icv: Array(icv.copied.prefix(16)))
      let opened = packet.open()
      guard opened.isAuthentic, let message = withoutPadding(opened.text) else { return .refused }
      #expect(message == vector.msg.bytes)
      packet.text = opened.text
      try packet.seal()
      return packet.text == vector.ct.bytes ? .accepted : .refused
    }
  }

  private func withoutPadding(_ text: [UInt8]) -> [UInt8]? {
    guard let length = text.last, (1...16).contains(length), text.count >= Int(length),
      text.suffix(Int(length)).allSatisfy({ $0 == length })
    else { return nil }
    return text.dropLast(Int(length))
  }
}
