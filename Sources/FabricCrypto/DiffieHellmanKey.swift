import COpenSSL

/// A private key of a Diffie-Hellman group, OpenSSL's.
final class DiffieHellmanKey: Sendable {
  let publicValue: [UInt8]
  private let method: KeyExchangeMethod
  private nonisolated(unsafe) let key: OpaquePointer

  /// Generates a key of the group.
  convenience init(_ method: KeyExchangeMethod) throws(CryptographyError) {
    try self.init(method, owning: DiffieHellmanKey.generate(method))
  }

  /// Takes over an OpenSSL key of the group and frees it in the end.
  init(_ method: KeyExchangeMethod, owning key: OpaquePointer) throws(CryptographyError) {
    self.method = method
    self.key = key
    var encoded: UnsafeMutablePointer<UInt8>?
    let count = EVP_PKEY_get1_encoded_public_key(key, &encoded)
    defer { CRYPTO_free(encoded, #file, #line) }
    let bytes = Array(UnsafeBufferPointer(start: encoded, count: count))
    self.publicValue = Array(bytes.dropFirst(method.encodingPrefix.count))
    guard publicValue.count == method.publicValueLength else { throw .library(operation: "encode public key") }
  }

  deinit { EVP_PKEY_free(key) }

  /// The shared secret with a peer, whose value is validated.
  func sharedSecret(with peerPublicValue: [UInt8]) throws(CryptographyError) -> SecretBytes {
    let peer = try peerKey(peerPublicValue)
    defer { EVP_PKEY_free(peer) }
    let context = try check(EVP_PKEY_CTX_new_from_pkey(nil, key, nil), "key exchange context")
    defer { EVP_PKEY_CTX_free(context) }
    try check(EVP_PKEY_derive_init(context), "begin key exchange")
    if method.isModular { try check(EVP_PKEY_CTX_set_dh_pad(context, 1), "pad the shared secret") }
    // The peer's value was checked when it was read: the range of a MODP value and the curve's equation are all that
    // RFC 6989 sections 2.1 and 2.3 ask for; OpenSSL's further check costs several times the exchange itself.
    guard EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1 else { throw invalid() }
    return try SecretBytes(count: method.sharedSecretLength) { secret throws(CryptographyError) in
      var count = secret.count
      let start = secret.bindMemory(to: UInt8.self).baseAddress
      guard EVP_PKEY_derive(context, start, &count) == 1, count == secret.count else { throw invalid() }
    }
  }

  private func peerKey(_ value: [UInt8]) throws(CryptographyError) -> OpaquePointer {
    guard value.count == method.publicValueLength else { throw invalid() }
    let peer = try check(EVP_PKEY_new(), "allocate a public key")
    let encoded = method.encodingPrefix + value
    guard EVP_PKEY_copy_parameters(peer, key) == 1,
      EVP_PKEY_set1_encoded_public_key(peer, encoded, encoded.count) == 1
    else {
      EVP_PKEY_free(peer)
      throw invalid()
    }
    return peer
  }

  private func invalid() -> CryptographyError {
    // What OpenSSL noted about the peer's value must not surface in a later, unrelated error.
    ERR_clear_error()
    return .invalidPublicValue(method)
  }

  private static func generate(_ method: KeyExchangeMethod) throws(CryptographyError) -> OpaquePointer {
    let context = try check(EVP_PKEY_CTX_new_from_name(nil, method.keyType, nil), "key generation context")
    defer { EVP_PKEY_CTX_free(context) }
    try check(EVP_PKEY_keygen_init(context), "begin key generation")
    if let group = method.groupName { try check(EVP_PKEY_CTX_set_group_name(context, group), "choose the group") }
    var key: OpaquePointer?
    try check(EVP_PKEY_generate(context, &key), "generate a key")
    return try check(key, "generate a key")
  }
}
