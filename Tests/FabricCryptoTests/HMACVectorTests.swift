import FabricCrypto
import FabricTestKit
import Testing

/// The vectors of RFC 4231 section 4; case 5 truncates to a length that IPsec does not use.
struct HMACVector: CustomTestStringConvertible {
  let number: Int
  let key: [UInt8]
  let data: [UInt8]
  let outputs: [PseudorandomFunction: String]

  var testDescription: String { "test case \(number)" }

  static let all = [
    HMACVector(
      number: 1, key: [UInt8](repeating: 0x0B, count: 20), data: Array("Hi There".utf8),
      outputs: [
        .hmacSHA256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        .hmacSHA384: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        .hmacSHA512: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
          + "be9d914eeb61f1702e696c203a126854",
      ]),
    HMACVector(
      number: 2, key: Array("Jefe".utf8), data: Array("what do ya want for nothing?".utf8),
      outputs: [
        .hmacSHA256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        .hmacSHA384: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        .hmacSHA512: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
          + "caeab1a34d4a6b4b636e070a38bce737",
      ]),
    HMACVector(
      number: 3, key: [UInt8](repeating: 0xAA, count: 20), data: [UInt8](repeating: 0xDD, count: 50),
      outputs: [
        .hmacSHA256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        .hmacSHA384: "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
        .hmacSHA512: "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807"
          + "b946a337bee8942674278859e13292fb",
      ]),
    HMACVector(
      number: 4, key: Array(1...25), data: [UInt8](repeating: 0xCD, count: 50),
      outputs: [
        .hmacSHA256: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        .hmacSHA384: "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
        .hmacSHA512: "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063"
          + "a5f19741120c4f2de2adebeb10a298dd",
      ]),
    HMACVector(
      number: 6, key: [UInt8](repeating: 0xAA, count: 131),
      data: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      outputs: [
        .hmacSHA256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        .hmacSHA384: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        .hmacSHA512: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
          + "95e64f73f63f0aec8b915a985d786598",
      ]),
    HMACVector(
      number: 7, key: [UInt8](repeating: 0xAA, count: 131),
      data: Array(
        ("This is a test using a larger than block-size key and a larger than block-size data."
          + " The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      outputs: [
        .hmacSHA256: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        .hmacSHA384: "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
        .hmacSHA512: "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15"
          + "134676fb6de0446065c97440fa8c6a58",
      ]),
  ]
}

@Suite struct HMACVectorTests {
  @Test("the PRFs are the HMACs of RFC 4231", arguments: HMACVector.all, PseudorandomFunction.allCases)
  func prf(vector: HMACVector, prf: PseudorandomFunction) {
    #expect(prf(key: SecretBytes(vector.key), vector.data).copied.hex == vector.outputs[prf])
    #expect(prf(key: SecretBytes(vector.key), SecretBytes(vector.data)).copied.hex == vector.outputs[prf])
  }

  @Test(
    "integrity algorithms truncate the HMAC (RFC 4868 section 2.3)",
    arguments: zip(IntegrityAlgorithm.allCases, PseudorandomFunction.allCases))
  func truncation(integrity: IntegrityAlgorithm, prf: PseudorandomFunction) throws {
    let key = [UInt8](repeating: 3, count: integrity.keyLength)
    var packet = try CipherPacket(
      TestedCipher(suite: .encryptThenMAC(.aes128CBC, integrity), implementation: .openSSL),
      key: [UInt8](repeating: 4, count: 16), integrityKey: key, header: [1, 2, 3], iv: [UInt8](repeating: 5, count: 16),
      text: [UInt8](repeating: 6, count: 32),
      trailer: [7, 8, 9, 10], icv: [UInt8](repeating: 0, count: integrity.icvLength))
    try packet.seal()
    let whole = prf(key: SecretBytes(key), packet.header + packet.iv + packet.text + [7, 8, 9, 10]).copied
    #expect(packet.icv == Array(whole.prefix(whole.count / 2)))
  }
}
