import FabricTestKit
import Testing

@testable import FabricCrypto

@Suite("Wycheproof key exchange", .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct WycheproofKeyExchangeTests {
  struct Vector: WycheproofVector {
    let tcId: Int
    let `public`, `private`, shared: Hexadecimal
    let result: WycheproofResult
  }

  struct Group: WycheproofGroup {
    let tests: [Vector]
  }

  @Test("ECDH", arguments: zip([KeyExchangeMethod.ecp256, .ecp384, .ecp521], ["256", "384", "521"]))
  func ecdh(method: KeyExchangeMethod, bits: String) throws {
    try runWycheproof("ecdh_secp\(bits)r1_ecpoint_test.json", Group.self) { _, vector in
      // RFC 5903 section 7 carries x ‖ y alone: other encodings of a point cannot be said in a KE payload, and what
      // stands in their place is refused.
      let encoded = vector.public.bytes
      return try attempt(method, vector, publicValue: encoded.first == 4 ? Array(encoded.dropFirst()) : encoded)
    }
  }

  @Test("X25519")
  func x25519() throws {
    try runWycheproof("x25519_test.json", Group.self) { _, vector in
      try attempt(.curve25519, vector, publicValue: vector.public.bytes)
    }
  }

  private func attempt(
    _ method: KeyExchangeMethod, _ vector: Vector, publicValue: [UInt8]
  ) throws -> WycheproofOutcome {
    let exchange = try KeyExchange(method, privateKey: vector.private.bytes)
    do throws(CryptographyError) {
      return try exchange.sharedSecret(with: publicValue).copied == vector.shared.bytes ? .accepted : .refused
    } catch {
      #expect(error == .invalidPublicValue(method))
      return .refused
    }
  }
}
