import FabricCrypto
import FabricTestKit
import Testing

@Suite("Wycheproof HMAC", .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct WycheproofHMACTests {
  @Test("HMAC-SHA2", arguments: zip(PseudorandomFunction.allCases, ["256", "384", "512"]))
  func hmac(prf: PseudorandomFunction, hash: String) throws {
    struct Vector: WycheproofVector {
      let tcId: Int
      let key, msg, tag: Hexadecimal
      let result: WycheproofResult
    }
    struct Group: WycheproofGroup {
      let tagSize: Int
      let tests: [Vector]
    }
    try runWycheproof("hmac_sha\(hash)_test.json", Group.self) { group, vector in
      let output = prf(key: SecretBytes(vector.key.bytes), vector.msg.bytes).copied
      return constantTimeEqual(Array(output.prefix(group.tagSize / 8)), vector.tag.bytes) ? .accepted : .refused
    }
  }
}
