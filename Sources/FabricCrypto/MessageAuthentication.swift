import COpenSSL

/// A keyed HMAC-SHA2 with the truncation of RFC 4868, prepared once and run per packet.
final class MessageAuthentication {
  private let context: OpaquePointer
  private let digest: UnsafeMutableRawBufferPointer
  private let icvLength: Int

  init(_ algorithm: IntegrityAlgorithm, key: SecretBytes) throws(CryptographyError) {
    let mac = try check(EVP_MAC_fetch(nil, OSSL_MAC_NAME_HMAC, nil), "fetch HMAC")
    defer { EVP_MAC_free(mac) }
    let context = try check(EVP_MAC_CTX_new(mac), "HMAC context")
    let keyed = key.withUnsafeBytes {
      COpenSSL_initHMAC(context, algorithm.digestName, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)
    }
    guard keyed == 1 else {
      EVP_MAC_CTX_free(context)
      throw .library(operation: "set the HMAC key")
    }
    self.context = context
    self.digest = .allocate(byteCount: Int(EVP_MAX_MD_SIZE), alignment: 8)
    self.icvLength = algorithm.icvLength
  }

  deinit {
    EVP_MAC_CTX_free(context)
    OPENSSL_cleanse(digest.baseAddress, digest.count)
    digest.deallocate()
  }

  /// Writes the truncated HMAC of the parts, one after the other, into `icv`.
  func compute(
    _ header: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer,
    _ trailer: UnsafeRawBufferPointer?, into icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard run(header, iv, text, trailer) else { return false }
    icv.copyMemory(from: UnsafeRawBufferPointer(rebasing: digest[..<icvLength]))
    return true
  }

  /// Writes the truncated HMAC of `bytes` to `icv`, which may lie in them.
  func compute(_ bytes: UnsafeRawBufferPointer, into icv: UnsafeMutableRawPointer) -> Bool {
    guard start(), update(bytes), end() else { return false }
    icv.copyMemory(from: digest.baseAddress.unsafelyUnwrapped, byteCount: icvLength)
    return true
  }

  /// Whether `icv` is the truncated HMAC of the parts; constant time.
  func verify(
    _ header: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer,
    _ trailer: UnsafeRawBufferPointer?, icv: UnsafeRawBufferPointer
  ) -> Bool {
    guard run(header, iv, text, trailer) else { return false }
    return constantTimeEqual(UnsafeRawBufferPointer(rebasing: digest[..<icvLength]), icv)
  }

  private func run(
    _ header: UnsafeRawBufferPointer, _ iv: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer,
    _ trailer: UnsafeRawBufferPointer?
  ) -> Bool {
    guard start(), update(header), update(iv), update(text) else { return false }
    if let trailer, !update(trailer) { return false }
    return end()
  }

  /// A NULL key starts over with the key that the context has.
  private func start() -> Bool { EVP_MAC_init(context, nil, 0, nil) == 1 }

  private func end() -> Bool {
    var count = 0
    return EVP_MAC_final(context, digest.bindMemory(to: UInt8.self).baseAddress, &count, digest.count) == 1
  }

  private func update(_ part: UnsafeRawBufferPointer) -> Bool {
    EVP_MAC_update(context, part.bindMemory(to: UInt8.self).baseAddress, part.count) == 1
  }
}

extension IntegrityAlgorithm {
  fileprivate var digestName: String {
    switch self {
    case .hmacSHA256_128: "SHA256"
    case .hmacSHA384_192: "SHA384"
    case .hmacSHA512_256: "SHA512"
    }
  }
}
