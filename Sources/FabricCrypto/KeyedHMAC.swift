import COpenSSL

/// HMAC (RFC 2104) with a key that is hashed once, however many messages follow.
struct KeyedHMAC: ~Copyable {
  private let context: OpaquePointer

  init(_ function: PseudorandomFunction, key: SecretBytes) {
    // A copy of a context that has its hash: to look HMAC and hash up by name takes longer than a message of IKE.
    let copy = EVP_MAC_CTX_dup(function.unkeyedHMAC)
    let isKeyed = key.withUnsafeBytes {
      EVP_MAC_init(copy, $0.bindMemory(to: UInt8.self).baseAddress, $0.count, nil)
    }
    guard let copy, isKeyed == 1 else { preconditionFailure("HMAC of an approved hash cannot fail") }
    context = copy
  }

  deinit { EVP_MAC_CTX_free(context) }

  /// Goes on with a message.
  func update(_ part: UnsafeRawBufferPointer) {
    let result = EVP_MAC_update(context, part.bindMemory(to: UInt8.self).baseAddress, part.count)
    precondition(result == 1, "HMAC of an approved hash cannot fail")
  }

  /// Writes what comes out for the message into `output`, which is as long, and begins another message.
  func finish(into output: UnsafeMutableRawBufferPointer) {
    var count = 0
    let result = EVP_MAC_final(context, output.bindMemory(to: UInt8.self).baseAddress, &count, output.count)
    // Without a key it starts over with the one that it has.
    precondition(
      result == 1 && count == output.count && EVP_MAC_init(context, nil, 0, nil) == 1,
      "HMAC of an approved hash cannot fail")
  }
}

extension PseudorandomFunction {
  /// A context that knows its hash and no secret.
  fileprivate var unkeyedHMAC: OpaquePointer {
    switch self {
    case .hmacSHA256: PseudorandomFunction.unkeyedSHA256
    case .hmacSHA384: PseudorandomFunction.unkeyedSHA384
    case .hmacSHA512: PseudorandomFunction.unkeyedSHA512
    }
  }

  // They are only ever read.
  private nonisolated(unsafe) static let unkeyedSHA256 = makeUnkeyedHMAC("SHA256")
  private nonisolated(unsafe) static let unkeyedSHA384 = makeUnkeyedHMAC("SHA384")
  private nonisolated(unsafe) static let unkeyedSHA512 = makeUnkeyedHMAC("SHA512")

  private static func makeUnkeyedHMAC(_ digest: String) -> OpaquePointer {
    let mac = EVP_MAC_fetch(nil, OSSL_MAC_NAME_HMAC, nil)
    defer { EVP_MAC_free(mac) }
    guard let context = EVP_MAC_CTX_new(mac), COpenSSL_initHMAC(context, digest, [0], 1) == 1 else {
      preconditionFailure("OpenSSL has no HMAC of \(digest)")
    }
    return context
  }
}
