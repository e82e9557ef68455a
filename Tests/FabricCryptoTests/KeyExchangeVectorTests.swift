import FabricTestKit
import Testing

@testable import FabricCrypto

@Suite struct KeyExchangeVectorTests {
  @Test("ECP groups give the keys of RFC 5903 section 8", arguments: CurveVector.all)
  func curves(vector: CurveVector) throws {
    let initiator = try KeyExchange(vector.method, privateKey: #require([UInt8](hex: vector.initiator)))
    let responder = try KeyExchange(vector.method, privateKey: #require([UInt8](hex: vector.responder)))
    #expect(initiator.publicValue.hex.hasPrefix(vector.initiatorX))
    #expect(try initiator.sharedSecret(with: responder.publicValue).copied.hex == vector.shared)
    #expect(try responder.sharedSecret(with: initiator.publicValue).copied.hex == vector.shared)
  }

  @Test("Curve448 gives the keys of RFC 7748 section 6.2")
  func curve448() throws {
    let alice = """
      9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d
      9ac2d8c0a598726b
      """
    let bob = """
      1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0
      366f10b65173992d
      """
    let shared = """
      07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a
      449a5037514a879d
      """
    let initiator = try KeyExchange(.curve448, privateKey: #require([UInt8](hex: alice)))
    let responder = try KeyExchange(.curve448, privateKey: #require([UInt8](hex: bob)))
    #expect(initiator.publicValue.hex.hasPrefix("9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"))
    #expect(try initiator.sharedSecret(with: responder.publicValue).copied == [UInt8](hex: shared))
    #expect(try responder.sharedSecret(with: initiator.publicValue).copied == [UInt8](hex: shared))
  }

  // Computed with Python's integers: private keys chosen so that the public value and the secret begin with a zero
  // byte, one time in 65,536.
  @Test("group 14 pads public values and the shared secret on the left (RFC 7296 sections 2.14 and 3.4)")
  func leadingZeros() throws {
    let privateKey = "03f43908b23ef62455e951c5ecedd0c879db1796b312bb95358ab2cb71b435ff"
    let peer = """
      00e0c88a1462290f2a3efbf5e4c9421e83892347bf7580339f59db776c41fda9fb9dee54da3bf379af3aabc87121f83b
      d628347a8a530197d82cc6a6f344e5d20a969e808198703e11924b3268cb6f75e5dc111c1e7820bb740ff29bbbdd73ca
      b99bd553c70c3df1be5bf8e35c872a394690dc9b0da3925387033d4db67e22d65dcbc4af58af4d25aadf248f36b7a622
      b71d7e1279b46ed0274033ce85591a6cf987d1b78e6a1edf7a015fb777d0457601d758e14dfc513a44fe634f0430434a
      978b6405c4eef505318d848fdf90835b2ad84eba6bea1597a2c34efb79337ee4d302336e81fc1ea086c2ee73347178d4
      01f9e1f3a1fc42cf9c1a0a1c86760aa3
      """
    let secret = """
      0076b263b6c307d1518c24e3742e4ae09d870f8b2be49da745770fd5419c1c69a5448c5a7e8446065e2cee3ab8851755
      19a4665fad1a012e80f62c43bc264e5641a33dfa01732491f98cbbe9f6fc869941bc3c6fda6979db24eea597d352826f
      e2457af4cc905d492cc97017e9803abcd91fea41bb45ab485b1180c1f263a8989b6106910da6d81710281ff693db87a3
      02d8043d0ff619fbd6a7263d81c5a9e5bce1b5c27b93f897fc957d40d24edd9e51bfaa2124ff9b73b75d962eca00ffc8
      90f7cebac9fff81eab3cee4ae57344431c149a4ca438a87f85a4c64a0b81b697b7f3dd1f3446228e94f25d11660b0619
      880116ff157619d7f555492b35cad891
      """
    let exchange = try KeyExchange(.modp2048, privateKey: #require([UInt8](hex: privateKey)))
    let shared = try exchange.sharedSecret(with: #require([UInt8](hex: peer)))
    #expect(shared.count == 256)
    #expect(shared.copied == [UInt8](hex: secret))
  }

  @Test("a public value with a leading zero is padded to the group's length")
  func paddedPublicValue() throws {
    // 2 to the power of 2000 is less than the prime: its public value is a single bit.
    let exchange = try KeyExchange(.modp2048, privateKey: [0x07, 0xD0])
    #expect(exchange.publicValue == [0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 250))
  }
}

/// The vectors of RFC 5903 section 8.
struct CurveVector: CustomTestStringConvertible {
  let method: KeyExchangeMethod
  let initiator: String
  let initiatorX: String
  let responder: String
  let shared: String

  var testDescription: String { "\(method)" }

  static let all = [
    CurveVector(
      method: .ecp256, initiator: "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
      initiatorX: "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180",
      responder: "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
      shared: "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"),
    CurveVector(
      method: .ecp384,
      initiator: "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194",
      initiatorX: "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa",
      responder: "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
      shared: "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746"),
    CurveVector(
      method: .ecp521,
      initiator: """
        0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f595
        7b2639bab072462f68c27a57382d4a52
        """,
      initiatorX: "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d107564",
      responder: """
        0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869
        cca7458aa4a4effc311f5cb151685eb9
        """,
      shared: "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06"
        + "b3c715a3a8cc3151f2bee417996d19f3ddea"),
  ]
}
