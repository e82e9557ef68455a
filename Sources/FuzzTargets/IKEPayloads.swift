/// Payloads of IKE messages, written by hand from RFC 7296 section 3.
struct IKEPayloads {
  /// The type of the first one.
  private(set) var first: UInt8 = 0
  /// All of them, each with its generic header.
  private(set) var bytes: [UInt8] = []
  private var lastHeader: Int?

  /// Adds a payload of a type.
  func adding(_ type: UInt8, _ body: [UInt8]) -> IKEPayloads {
    var more = self
    if let lastHeader { more.bytes[lastHeader] = type } else { more.first = type }
    more.lastHeader = more.bytes.count
    more.bytes += [0, 0] + bigEndian16(body.count + 4) + body
    return more
  }

  /// SA (section 3.3) with one proposal: AES-GCM-256, PRF_HMAC_SHA2_256 and Curve25519.
  static let ikeProposal =
    proposal(securityProtocol: 1, spi: [], transforms: [gcm256, [2, 0, 0, 5], [4, 0, 0, 31]])

  /// SA with one proposal: AES-GCM-256 with extended sequence numbers.
  static let espProposal = proposal(
    securityProtocol: 3, spi: [0x11, 0x22, 0x33, 0x44], transforms: [gcm256, [5, 0, 0, 1]])

  /// TS (section 3.13) of all of IPv4.
  static let anyIPv4: [UInt8] = [1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]

  private static let gcm256: [UInt8] = [1, 0, 0, 20, 0x80, 14, 1, 0]

  private static func proposal(securityProtocol: UInt8, spi: [UInt8], transforms: [[UInt8]]) -> [UInt8] {
    let bodies = transforms.enumerated().flatMap { index, body -> [UInt8] in
      [index == transforms.count - 1 ? 0 : 3, 0] + bigEndian16(body.count + 4) + body
    }
    let head: [UInt8] = [1, securityProtocol, UInt8(spi.count), UInt8(transforms.count)] + spi
    return [0, 0] + bigEndian16(4 + head.count + bodies.count) + head + bodies
  }
}

func bigEndian16(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }
func bigEndian32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
