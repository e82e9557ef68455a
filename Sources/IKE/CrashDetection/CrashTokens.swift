import FabricCrypto
import WireFormat

/// The tokens by which a peer learns that we have lost an IKE SA (RFC 6290): it got the token inside that IKE SA, and nobody
/// else can make it.
///
///     QCD_TOKEN = the first 16 bytes of prf(QCD_SECRET, SPI-I | SPI-R)
struct CrashTokens {
  /// RFC 6290 section 4.1: from 16 to 128 bytes.
  static let lengths = 16...128
  /// As short as it may be, so that an answer is no longer than the request that it answers.
  private static let ownLength = 16
  /// More tokens than this a second would be a service to those who look for them.
  private static let mostPerSecond = 1000

  private let secret: SecretBytes
  private var sent: (second: Int64, count: Int) = (0, 0)

  /// Tokens out of a secret that outlives the process.
  init(recoverySecret: SecretBytes) {
    secret = PseudorandomFunction.hmacSHA256(key: recoverySecret, Array("crash tokens".utf8))
  }

  /// The token of the IKE SA with these SPIs.
  func token(_ initiatorSPI: IKESPI, _ responderSPI: IKESPI) -> [UInt8] {
    var spis = ByteWriter(capacity: 16)
    spis.write(initiatorSPI.rawValue)
    spis.write(responderSPI.rawValue)
    let mac = PseudorandomFunction.hmacSHA256(key: secret, spis.bytes)
    return mac.withUnsafeBytes { Array($0.prefix(CrashTokens.ownLength)) }
  }

  /// Whether one more may be sent now.
  mutating func mayAnswer(at now: Instant) -> Bool {
    let second = now.nanoseconds / 1_000_000_000
    if sent.second != second { sent = (second, 0) }
    sent.count += 1
    return sent.count <= CrashTokens.mostPerSecond
  }
}
