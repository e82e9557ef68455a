import FabricCrypto
import FabricTestKit
import Testing

@testable import IKE

@Suite("Signatures in AUTH")
struct SignatureAuthenticationTests {
  private let octets = SignedOctets(
    pseudorandomFunction: .hmacSHA256, message: [1, 2, 3], peerNonce: [4, 5],
    authenticationKey: SecretBytes(Array(repeating: 6, count: 32)),
    identification: IdentificationPayload(.fqdn("left.test")), intermediate: [])
  private let otherOctets = SignedOctets(
    pseudorandomFunction: .hmacSHA256, message: [1, 2, 3], peerNonce: [4, 5],
    authenticationKey: SecretBytes(Array(repeating: 6, count: 32)),
    identification: IdentificationPayload(.fqdn("right.test")), intermediate: [])

  @Test(
    "a signature from before RFC 7427 proves its key and octets alone",
    arguments: [
      (SignatureKeyKind.rsa(bits: 2048), UInt8(1), 256), (.ecdsaP256, 9, 64), (.ecdsaP384, 10, 96),
      (.ecdsaP521, 11, 132),
    ])
  func classic(kind: SignatureKeyKind, method: UInt8, length: Int) throws {
    let key = try SigningKey.generate(kind)
    let other = try SigningKey.generate(kind)
    // The numbers of an ECDSA signature differ in length from one to the next.
    for _ in 0..<(kind == .rsa(bits: 2048) ? 1 : 32) {
      let payload = try ClassicSignature(octets, by: key).payload
      #expect(payload.method == method && payload.data.count == length)
      let received = ClassicSignature(payload)
      #expect(received.algorithm(over: octets, key: key.verificationKey) != nil)
      #expect(received.algorithm(over: otherOctets, key: key.verificationKey) == nil)
      #expect(received.algorithm(over: octets, key: other.verificationKey) == nil)
      let mislabelled = ClassicSignature(AuthenticationPayload(method: 2, data: payload.data))
      #expect(mislabelled.algorithm(over: octets, key: key.verificationKey) == nil)
    }
  }

  @Test("Ed25519 has no signature from before RFC 7427")
  func classicEd25519() throws {
    let key = try SigningKey.generate(.ed25519)
    #expect(throws: AuthenticationFault.self) { try ClassicSignature(octets, by: key) }
  }

  @Test("the method says which key is meant: a signature of one kind is none of another")
  func confusion() throws {
    let signature = try DigitalSignature(octets, by: .generate(.ecdsaP256), peerHashes: [.sha256])
    let rsa = try SigningKey.generate(.rsa(bits: 2048)).verificationKey
    #expect(!(try DigitalSignature(signature.payload).isValid(for: octets, key: rsa)))
    #expect(ClassicSignature(signature.payload).algorithm(over: octets, key: rsa) == nil)
  }

  @Test("data that is cut, empty, of SHA-1 or of random bytes is refused and harms nothing")
  func malformed() throws {
    let key = try SigningKey.generate(.ecdsaP256)
    let good = try DigitalSignature(octets, by: key, peerHashes: [.sha256]).payload.data
    let random = SeededRandom(seed: 7)
    for length in 0..<13 {
      #expect(throws: AuthenticationFault.self) {
        try DigitalSignature(AuthenticationPayload(method: 14, data: Array(good.prefix(length))))
      }
    }
    // sha1WithRSAEncryption.
    let sha1: [UInt8] = [15, 0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 1, 5, 5, 0]
    #expect(throws: AuthenticationFault.self) { try DigitalSignature(AuthenticationPayload(method: 14, data: sha1)) }
    for _ in 0..<500 {
      let bytes = random.randomBytes(Int(random.randomUInt32() % 150))
      let payload = AuthenticationPayload(method: 9, data: bytes)
      #expect(ClassicSignature(payload).algorithm(over: octets, key: key.verificationKey) == nil)
      #expect((try? DigitalSignature(AuthenticationPayload(method: 14, data: bytes))) == nil)
    }
  }

  @Test("nothing is signed for a peer that accepts none of our hashes")
  func noCommonHash() throws {
    let key = try SigningKey.generate(.ed25519)
    #expect(throws: AuthenticationFault.self) { try DigitalSignature(octets, by: key, peerHashes: [.sha256]) }
  }
}
