import FabricCrypto
import WireFormat

/// What a session needs from outside itself while it handles one event.
struct SessionContext {
  let now: Instant
  let random: any RandomSource
  let directory: ConnectionDirectory
  let credentials: IKECredentials
  /// What peers know lost IKE SAs by; nil before there is a secret.
  var tokens: CrashTokens?
  /// Whose tickets peers get to resume their sessions; nil before there is a secret.
  var tickets: TicketIssuer?
  /// The connections whose peers still have to be told that no SA of an earlier life is left here.
  var unmet: Set<String> = []

  /// A fresh SPI for an IKE SA.
  func newIKESPI() -> IKESPI {
    while true {
      let spi = IKESPI(rawValue: random.randomUInt64())
      if spi != .zero { return spi }
    }
  }

  /// A fresh SPI at which we receive ESP.
  func newESPSPI() -> ESPSPI {
    while true { if let spi = ESPSPI(rawValue: random.randomUInt32()) { return spi } }
  }

  /// A fresh nonce.
  func newNonce() -> [UInt8] { random.randomBytes(NoncePayload.ownLength) }

  /// A random share of `duration`, so that many tunnels do not act at once.
  func share(of duration: Duration) -> Duration { duration * (Double(random.randomUInt32()) / 4_294_967_296) }
}
