import FabricCrypto
import Testing

@Suite struct PseudorandomFunctionTests {
  @Test("prf+ chains its blocks as RFC 7296 section 2.13 says", arguments: PseudorandomFunction.allCases)
  func expansion(prf: PseudorandomFunction) throws {
    let key = SecretBytes([1, 2, 3])
    let seed: [UInt8] = [9, 8]
    let first = prf(key: key, seed + [1]).copied
    let second = prf(key: key, first + seed + [2]).copied
    let third = prf(key: key, second + seed + [3]).copied
    let expected = first + second + third
    for count in [0, 1, prf.outputLength - 1, prf.outputLength, prf.outputLength + 1, 3 * prf.outputLength] {
      #expect(try prf.expand(key: key, seed: seed, count: count).copied == Array(expected.prefix(count)))
    }
  }

  @Test("prf+ gives 255 blocks and refuses one byte more", arguments: PseudorandomFunction.allCases)
  func limit(prf: PseudorandomFunction) throws {
    let key = SecretBytes([1])
    let available = 255 * prf.outputLength
    #expect(try prf.expand(key: key, seed: [2], count: available).count == available)
    #expect(throws: CryptographyError.tooMuchKeyingMaterial(requested: available + 1, available: available)) {
      try prf.expand(key: key, seed: [2], count: available + 1)
    }
  }
}

extension SecretBytes {
  /// The bytes, for comparison with a vector.
  var copied: [UInt8] { withUnsafeBytes { Array($0) } }
}
