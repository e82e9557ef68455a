import COpenSSL

extension PseudorandomFunction {
  /// `prf(key, data)` (RFC 7296 section 2.13): HMAC of the whole, untruncated hash (RFC 4868 section 2.1.2).
  public func callAsFunction(key: SecretBytes, _ data: [UInt8]) -> SecretBytes {
    data.withUnsafeBytes { hmac(key: key, $0) }
  }

  /// `prf(key, secret)`, for data that is a secret itself, such as a shared secret.
  public func callAsFunction(key: SecretBytes, _ secret: SecretBytes) -> SecretBytes {
    secret.withUnsafeBytes { hmac(key: key, $0) }
  }

  /// The first `count` bytes of `prf+(key, seed)` (RFC 7296 section 2.13):
  ///
  ///     prf+ (K,S) = T1 | T2 | T3 | T4 | ...
  ///     T1 = prf (K, S | 0x01)
  ///     T2 = prf (K, T1 | S | 0x02)
  ///
  /// Throws `CryptographyError.tooMuchKeyingMaterial` beyond 255 blocks, where prf+ is not defined.
  public func expand(key: SecretBytes, seed: SecretBytes, count: Int) throws(CryptographyError) -> SecretBytes {
    guard count >= 0, count <= 255 * outputLength else {
      throw .tooMuchKeyingMaterial(requested: count, available: 255 * outputLength)
    }
    let none: [UInt8] = []
    var block = SecretBytes(none)
    var output = SecretBytes(none)
    var index: UInt8 = 0
    while output.count < count {
      index += 1
      let input = seed.withUnsafeBytes { block + $0 } + CollectionOfOne(index)
      block = self(key: key, input)
      output = block.withUnsafeBytes { output + $0.prefix(count - output.count) }
    }
    return output
  }

  /// The first `count` bytes of `prf+(key, seed)` for a seed that is no secret.
  public func expand(key: SecretBytes, seed: [UInt8], count: Int) throws(CryptographyError) -> SecretBytes {
    try expand(key: key, seed: SecretBytes(seed), count: count)
  }

  private func hmac(key: SecretBytes, _ data: UnsafeRawBufferPointer) -> SecretBytes {
    SecretBytes(count: outputLength) { output in
      key.withUnsafeBytes { key in
        let written = HMAC(
          digest, key.baseAddress, Int32(key.count), data.bindMemory(to: UInt8.self).baseAddress, data.count,
          output.bindMemory(to: UInt8.self).baseAddress, nil)
        precondition(written != nil, "HMAC of an approved hash cannot fail")
      }
    }
  }

  private var digest: OpaquePointer? {
    switch self {
    case .hmacSHA256: EVP_sha256()
    case .hmacSHA384: EVP_sha384()
    case .hmacSHA512: EVP_sha512()
    }
  }
}
