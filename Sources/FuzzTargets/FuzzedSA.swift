import ESP
import ESPReference
import FabricCrypto
import FabricTestKit
import WireFormat

/// A pair of SAs with keys that everybody knows, one half of which seals what the other opens.
struct FuzzedSA {
  let parameters: ESPSAParameters
  /// The peer, which seals whatever it is given.
  let peer: ReferenceSA

  static let tunnel = 1
  private static let suites: [ProtectionSuite] = [
    .aead(.aes256GCM16), .aead(.chaCha20Poly1305), .encryptThenMAC(.aes256CBC, .hmacSHA256_128),
    .encryptThenMAC(.aes128CBC, .hmacSHA512_256),
  ]

  /// The pairs that an input chooses from: every suite, with and without extended sequence numbers.
  static func all() -> [FuzzedSA] {
    suites.flatMap { suite in [false, true].compactMap { FuzzedSA(suite, extended: $0) } }
  }

  private init?(_ suite: ProtectionSuite, extended: Bool) {
    guard let spi = ESPSPI(rawValue: 0x1234_5678) else { return nil }
    let random = SeededRandom(seed: 1)
    let keys = ESPKeys(
      encryption: SecretBytes(random.randomBytes(suite.encryptionKeyLength)),
      integrity: suite.integrity.map { SecretBytes(random.randomBytes($0.keyLength)) })
    let endpoint = Endpoint(.v4(0x0A00_0001), port: 4500)
    parameters = ESPSAParameters(
      tunnel: FuzzedSA.tunnel, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
      extendedSequenceNumbers: extended, replayWindow: 64,
      path: ESPPath(uplink: "isp", local: endpoint, remote: endpoint, encapsulation: .udp),
      localSelectors: [.any(.v4), .any(.v6)], remoteSelectors: [.any(.v4), .any(.v6)], isInitiator: true)
    peer = ReferenceSA(inbound: parameters)
  }

  /// The packet with this text, cut or filled up to what the cipher takes.
  func seal(_ text: UnsafeRawBufferPointer, sequence: UInt64) -> [UInt8] {
    let isAEAD = parameters.suite.encryption.isAEAD
    let block = isAEAD ? 4 : 16
    let padded = Array(text) + [UInt8](repeating: 0, count: text.isEmpty ? block : -text.count & (block - 1))
    let iv = isAEAD ? nil : [UInt8](repeating: 7, count: 16)
    return (try? peer.packet(text: padded, sequence: sequence, iv: iv)) ?? []
  }
}
