import FabricCrypto
import WireFormat

/// Cookies: proof that an initiator receives at the address that it sends from, before anything is stored or computed
/// for it (RFC 7296 section 2.6).
///
///     Cookie = <VersionIDofSecret> | prf(<secret>, Ni | IPi | SPIi)
struct CookieJar {
  /// How long a secret makes cookies; those of the secret before are accepted as well.
  static let secretLifetime: Duration = .seconds(60)

  private struct Secret {
    let version: UInt8
    let key: SecretBytes
    let ends: Instant
  }

  private var current: Secret?
  private var previous: Secret?

  /// The cookie that an initiator has to send back.
  mutating func cookie(
    nonce: [UInt8], initiatorSPI: IKESPI, address: IPAddress, _ context: SessionContext
  ) -> [UInt8] {
    let secret = freshSecret(context)
    return CookieJar.cookie(secret, nonce, initiatorSPI, address)
  }

  /// Whether a cookie is one that we have given to this initiator lately.
  func accepts(
    _ cookie: [UInt8], nonce: [UInt8], initiatorSPI: IKESPI, address: IPAddress, at now: Instant
  ) -> Bool {
    let secret = [current, previous].compactMap { $0 }.first { $0.version == cookie.first }
    guard let secret, now < secret.ends.advanced(by: CookieJar.secretLifetime) else { return false }
    return constantTimeEqual(cookie, CookieJar.cookie(secret, nonce, initiatorSPI, address))
  }

  private mutating func freshSecret(_ context: SessionContext) -> Secret {
    if let current, context.now < current.ends { return current }
    let secret = Secret(
      version: (current?.version ?? 0) &+ 1, key: SecretBytes(context.random.randomBytes(32)),
      ends: context.now.advanced(by: CookieJar.secretLifetime))
    previous = current
    current = secret
    return secret
  }

  private static func cookie(
    _ secret: Secret, _ nonce: [UInt8], _ initiatorSPI: IKESPI, _ address: IPAddress
  ) -> [UInt8] {
    var input = ByteWriter(capacity: nonce.count + 24)
    input.write(nonce)
    input.write(address.bytes)
    input.write(initiatorSPI.rawValue)
    let mac = PseudorandomFunction.hmacSHA256(key: secret.key, input.bytes)
    return [secret.version] + mac.withUnsafeBytes { Array($0) }
  }
}
