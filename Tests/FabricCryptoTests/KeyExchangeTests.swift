import COpenSSL
import FabricCrypto
import Testing

private let modularGroups = [KeyExchangeMethod.modp2048, .modp3072, .modp4096, .modp6144, .modp8192]

@Suite struct KeyExchangeTests {
  @Test("two ends agree on a secret, by payloads of the method's lengths", arguments: KeyExchangeMethod.allCases)
  func agreement(method: KeyExchangeMethod) throws {
    let initiator = try KeyExchange(method)
    let answer = try KeyExchangeAnswer(method, to: initiator.publicValue)
    #expect(initiator.publicValue.count == method.publicValueLength)
    #expect(answer.publicValue.count == method.answerLength)
    #expect(try initiator.sharedSecret(with: answer.publicValue) == answer.sharedSecret)
    let other = try KeyExchangeAnswer(method, to: initiator.publicValue)
    #expect(other.publicValue != answer.publicValue)
    #expect(other.sharedSecret != answer.sharedSecret)
  }

  @Test("a public value of the wrong length is refused at both ends", arguments: KeyExchangeMethod.allCases)
  func wrongLength(method: KeyExchangeMethod) throws {
    func wrong(_ value: [UInt8]) -> [[UInt8]] { [[], Array(value.dropLast()), value + [0], [4] + value] }
    let initiator = try KeyExchange(method)
    for value in wrong(initiator.publicValue) {
      #expect(throws: CryptographyError.invalidPublicValue(method)) { try KeyExchangeAnswer(method, to: value) }
    }
    for value in wrong(try KeyExchangeAnswer(method, to: initiator.publicValue).publicValue) {
      #expect(throws: CryptographyError.invalidPublicValue(method)) { try initiator.sharedSecret(with: value) }
    }
  }

  @Test(
    "a changed ML-KEM cipher text gives another secret and no error (FIPS 203 section 7.3)",
    arguments: KeyExchangeMethod.allCases.filter(\.isKeyEncapsulation))
  func implicitRejection(method: KeyExchangeMethod) throws {
    let initiator = try KeyExchange(method)
    let answer = try KeyExchangeAnswer(method, to: initiator.publicValue)
    var changed = answer.publicValue
    changed[100] ^= 1
    #expect(try initiator.sharedSecret(with: changed) != answer.sharedSecret)
    #expect(try initiator.sharedSecret(with: answer.publicValue) == answer.sharedSecret)
  }

  @Test("zero, one and numbers beyond p are refused in MODP groups (RFC 6989 section 2.1)", arguments: modularGroups)
  func modularRange(method: KeyExchangeMethod) throws {
    let exchange = try KeyExchange(method)
    let zero = [UInt8](repeating: 0, count: method.publicValueLength)
    let one = zero.dropLast() + [1]
    let beyond = [UInt8](repeating: 0xFF, count: method.publicValueLength)
    for wrong in [zero, Array(one), beyond] {
      #expect(throws: CryptographyError.invalidPublicValue(method)) { try exchange.sharedSecret(with: wrong) }
    }
    #expect(try exchange.sharedSecret(with: zero.dropLast() + [2]).count == method.publicValueLength)
  }

  @Test("p and p-1 are refused (RFC 6989 section 2.1)", arguments: modularGroups)
  func modularUpperEdge(method: KeyExchangeMethod) throws {
    let exchange = try KeyExchange(method)
    // The primes of RFC 3526 end in 64 one bits, so that subtracting 1 and 2 touches the last byte alone.
    let prime = try prime(method)
    #expect(prime.suffix(8) == [UInt8](repeating: 0xFF, count: 8))
    #expect(throws: CryptographyError.invalidPublicValue(method)) { try exchange.sharedSecret(with: prime) }
    let lessOne = prime.dropLast() + [0xFE]
    #expect(throws: CryptographyError.invalidPublicValue(method)) { try exchange.sharedSecret(with: Array(lessOne)) }
  }

  private func prime(_ method: KeyExchangeMethod) throws -> [UInt8] {
    let number =
      switch method {
      case .modp2048: BN_get_rfc3526_prime_2048(nil)
      case .modp3072: BN_get_rfc3526_prime_3072(nil)
      case .modp4096: BN_get_rfc3526_prime_4096(nil)
      case .modp6144: BN_get_rfc3526_prime_6144(nil)
      default: BN_get_rfc3526_prime_8192(nil)
      }
    defer { BN_free(number) }
    var bytes = [UInt8](repeating: 0, count: method.publicValueLength)
    #expect(BN_bn2bin(number, &bytes) == Int32(bytes.count))
    return bytes
  }

  @Test(
    "a point off the curve is refused (RFC 6989 section 2.3)",
    arguments: [KeyExchangeMethod.ecp256, .ecp384, .ecp521])
  func offCurve(method: KeyExchangeMethod) throws {
    let exchange = try KeyExchange(method)
    var value = try KeyExchange(method).publicValue
    value[value.count - 1] ^= 1
    #expect(throws: CryptographyError.invalidPublicValue(method)) { try exchange.sharedSecret(with: value) }
    let infinity = [UInt8](repeating: 0, count: method.publicValueLength)
    #expect(throws: CryptographyError.invalidPublicValue(method)) { try exchange.sharedSecret(with: infinity) }
  }

  @Test("a Curve25519 value of small order is refused (RFC 8031 section 5)")
  func smallOrder() throws {
    let exchange = try KeyExchange(.curve25519)
    for first: UInt8 in [0, 1] {
      let value = [first] + [UInt8](repeating: 0, count: 31)
      #expect(throws: CryptographyError.invalidPublicValue(.curve25519)) { try exchange.sharedSecret(with: value) }
    }
  }
}
