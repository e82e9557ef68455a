import COpenSSL
import Testing

@testable import FabricCrypto

extension KeyExchange {
  /// A key pair with a private key that a vector prescribes; in the product, private keys are always fresh.
  convenience init(_ method: KeyExchangeMethod, privateKey: [UInt8]) throws {
    var key: OpaquePointer?
    if method == .curve25519 || method == .curve448 {
      key = EVP_PKEY_new_raw_private_key(
        method == .curve25519 ? EVP_PKEY_X25519 : EVP_PKEY_X448, nil, privateKey, privateKey.count)
    } else {
      key = makeKey(method, privateKey: privateKey)
    }
    try self.init(method, DiffieHellmanKey(method, owning: #require(key)))
  }
}

private func makeKey(_ method: KeyExchangeMethod, privateKey: [UInt8]) -> OpaquePointer? {
  let secret = BN_bin2bn(privateKey, Int32(privateKey.count), nil)
  let element = method.isModular ? modularPublicValue(secret) : nil
  let builder = OSSL_PARAM_BLD_new()
  defer {
    BN_free(secret)
    BN_free(element)
    OSSL_PARAM_BLD_free(builder)
  }
  let encodedPoint = method.isModular ? [] : point(method, secret)
  // The builder keeps the pointers that it is given, so the bytes must live until it is done.
  return Array((method.groupName ?? "").utf8CString).withUnsafeBufferPointer { group in
    encodedPoint.withUnsafeBytes { point in
      OSSL_PARAM_BLD_push_utf8_string(builder, literal("group"), group.baseAddress, 0)
      OSSL_PARAM_BLD_push_BN(builder, literal("priv"), secret)
      if method.isModular {
        OSSL_PARAM_BLD_push_BN(builder, literal("pub"), element)
      } else {
        OSSL_PARAM_BLD_push_octet_string(builder, literal("pub"), point.baseAddress, point.count)
      }
      return makeKey(method, OSSL_PARAM_BLD_to_param(builder))
    }
  }
}

/// A C string that lives as long as the program.
private func literal(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

private func makeKey(_ method: KeyExchangeMethod, _ parameters: UnsafeMutablePointer<OSSL_PARAM>?) -> OpaquePointer? {
  let context = EVP_PKEY_CTX_new_from_name(nil, method.keyType, nil)
  defer {
    OSSL_PARAM_free(parameters)
    EVP_PKEY_CTX_free(context)
  }
  var key: OpaquePointer?
  // EVP_PKEY_KEYPAIR, a macro that Swift does not see: parameters, public and private key.
  let keyPair: Int32 = 0x87
  guard EVP_PKEY_fromdata_init(context) == 1, EVP_PKEY_fromdata(context, &key, keyPair, parameters) == 1 else {
    return nil
  }
  return key
}

/// 2 to the power of the private key, modulo group 14's prime, the only MODP group with a vector.
private func modularPublicValue(_ secret: OpaquePointer?) -> OpaquePointer? {
  let prime = BN_get_rfc3526_prime_2048(nil)
  let base = BN_new()
  let context = BN_CTX_new()
  defer {
    BN_free(prime)
    BN_free(base)
    BN_CTX_free(context)
  }
  let value = BN_new()
  #expect(BN_set_word(base, 2) == 1)
  #expect(BN_mod_exp(value, base, secret, prime, context) == 1)
  return value
}

/// The curve's generator times the private key, as an uncompressed point.
private func point(_ method: KeyExchangeMethod, _ secret: OpaquePointer?) -> [UInt8] {
  let curve = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(method.groupName))
  let point = EC_POINT_new(curve)
  defer {
    EC_POINT_free(point)
    EC_GROUP_free(curve)
  }
  #expect(EC_POINT_mul(curve, point, secret, nil, nil, nil) == 1)
  var encoded = [UInt8](repeating: 0, count: 1 + method.publicValueLength)
  #expect(
    EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, &encoded, encoded.count, nil) == encoded.count)
  return encoded
}
