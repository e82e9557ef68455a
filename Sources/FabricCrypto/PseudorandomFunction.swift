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
    let hmac = KeyedHMAC(self, key: key)
    return SecretBytes(count: count) { output in
      seed.withUnsafeBytes { seed in expand(hmac, seed, into: output) }
    }
  }

  private func expand(
    _ hmac: borrowing KeyedHMAC, _ seed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    withUnsafeTemporaryAllocation(byteCount: outputLength, alignment: 8) { block in
      var index: UInt8 = 0
      var rest = output
      while !rest.isEmpty {
        if index > 0 { hmac.update(UnsafeRawBufferPointer(block)) }
        index += 1
        hmac.update(seed)
        withUnsafeBytes(of: index) { hmac.update($0) }
        hmac.finish(into: block)
        rest.copyBytes(from: block.prefix(rest.count))
        rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(block.count))
      }
      OPENSSL_cleanse(block.baseAddress, block.count)
    }
  }

  /// The first `count` bytes of `prf+(key, seed)` for a seed that is no secret.
  public func expand(key: SecretBytes, seed: [UInt8], count: Int) throws(CryptographyError) -> SecretBytes {
    try expand(key: key, seed: SecretBytes(seed), count: count)
  }

  private func hmac(key: SecretBytes, _ data: UnsafeRawBufferPointer) -> SecretBytes {
    let hmac = KeyedHMAC(self, key: key)
    hmac.update(data)
    return SecretBytes(count: outputLength) { hmac.finish(into: $0) }
  }
}
