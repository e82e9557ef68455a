import COpenSSL

/// Where nonces, SPIs and cookies come from: the system in production, a seed in tests.
public protocol RandomSource: Sendable {
  /// `count` random bytes.
  func randomBytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
  /// A random 32-bit value.
  public func randomUInt32() -> UInt32 { randomBytes(4).reduce(0) { $0 << 8 | UInt32($1) } }
  /// A random 64-bit value.
  public func randomUInt64() -> UInt64 { randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

/// OpenSSL's generator, seeded by the operating system.
public struct SystemRandom: RandomSource {
  /// The system's randomness.
  public init() {}

  /// `count` unpredictable bytes.
  public func randomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // Without randomness no key or nonce is safe: to stop is the only right answer, and no peer can cause it.
      precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "the system has no randomness")
      initializedCount = count
    }
  }
}
