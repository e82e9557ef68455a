import Crypto
import FabricTestKit
import Testing

@testable import FabricCrypto

@Suite("Wycheproof ML-KEM", .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct WycheproofMLKEMTests {
  private struct Vector: WycheproofVector {
    let tcId: Int
    let seed, ek, c, K: Hexadecimal?
    let result: WycheproofResult
  }

  private struct Group: WycheproofGroup {
    let tests: [Vector]
  }

  @Test("keys made of seeds")
  func keyGeneration() throws {
    try runWycheproof("mlkem_768_keygen_seed_test.json", Group.self) { _, vector in
      let key = try KeyExchange(.mlkem768, mlkemSeed: #require(vector.seed).bytes)
      return key.publicValue == vector.ek?.bytes ? .accepted : .refused
    }
  }

  @Test("decapsulation, also of cipher texts that nobody made")
  func decapsulation() throws {
    try runWycheproof("mlkem_768_test.json", Group.self) { _, vector in
      guard let key = try? KeyExchange(.mlkem768, mlkemSeed: #require(vector.seed).bytes),
        let secret = try? key.sharedSecret(with: #require(vector.c).bytes)
      else { return .refused }
      return secret.copied == vector.K?.bytes ? .accepted : .refused
    }
  }

  // The randomness of an encapsulation is not ours to choose, so that only the keys' checks can be compared.
  @Test("encapsulation refuses keys that FIPS 203 section 7.2 refuses")
  func encapsulation() throws {
    try runWycheproof("mlkem_768_encaps_test.json", Group.self) { _, vector in
      let answer = try? KeyExchangeAnswer(.mlkem768, to: #require(vector.ek).bytes)
      return answer == nil ? .refused : .accepted
    }
  }
}

extension KeyExchange {
  /// A key that a vector's seed makes; in the product, keys are always fresh.
  fileprivate convenience init(_ method: KeyExchangeMethod, mlkemSeed seed: [UInt8]) throws {
    self.init(method, .mlkem768(try MLKEM768.PrivateKey(seedRepresentation: seed, publicKey: nil)))
  }
}
