import ESP
import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import AgentCore

struct InstalledChildSATests {
  private let database = SADatabase(random: SeededRandom(seed: 1))
  private var clock = ManualClock()

  private func installation(isBehindNAT: Bool, isExtended: Bool = true) throws -> ChildSAInstallation {
    let address = Endpoint(.v4(0xC000_0201), port: 4500)
    let keys = ChildSAInstallation.Keys(encryption: SecretBytes([UInt8](repeating: 1, count: 36)), integrity: nil)
    let spi = try #require(ESPSPI(rawValue: 300))
    return ChildSAInstallation(
      tunnel: "tunnel", uplink: "wan", inboundSPI: spi, outboundSPI: spi, suite: .aead(.aes256GCM16),
      usesExtendedSequenceNumbers: isExtended, inboundKeys: keys, outboundKeys: keys, localEndpoint: address,
      remoteEndpoint: address, isEncapsulatedInUDP: true, localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)],
      replayWindow: 64, isInitiator: true, replaces: nil, isBehindNAT: isBehindNAT, softLifetimeBytes: 100)
  }

  private func install(_ installation: ChildSAInstallation) throws -> SAPair {
    try database.install(installation.parameters(tunnelNumber: 1))
    return try #require(database.installed.first)
  }

  /// Sends an IPv4 packet of 20 bytes.
  private func send(_ pair: SAPair) throws {
    var buffer = [UInt8](repeating: 0, count: 256)
    buffer.replaceSubrange(64..<68, with: [0x45, 0, 0, 20])
    _ = try buffer.withUnsafeMutableBytes { bytes in
      try pair.outbound.seal(64..<84, in: bytes)
    }
  }

  @Test("Behind a NAT a keepalive is due after 20 seconds of silence, and again after 20 more")
  mutating func keepalives() throws {
    let installation = try installation(isBehindNAT: true)
    let pair = try install(installation)
    var childSA = InstalledChildSA(installation, generation: 1, at: clock.now)
    var due = false
    for expected in [19: false, 20: true, 21: false, 39: false, 40: true].sorted(by: { $0.key < $1.key }) {
      clock.advance(to: .zero.advanced(by: .seconds(expected.key)))
      due = childSA.needsKeepalive(pair, at: clock.now)
      #expect(due == expected.value, "after \(expected.key) s")
    }
    try send(pair)
    clock.advance(by: .seconds(19))
    due = childSA.needsKeepalive(pair, at: clock.now)
    #expect(!due)
    clock.advance(by: .seconds(19))
    due = childSA.needsKeepalive(pair, at: clock.now)
    #expect(!due)
    clock.advance(by: .seconds(1))
    due = childSA.needsKeepalive(pair, at: clock.now)
    #expect(due)
  }

  @Test("Without a NAT in front of us there are no keepalives")
  mutating func noKeepalives() throws {
    let installation = try installation(isBehindNAT: false)
    let pair = try install(installation)
    var childSA = InstalledChildSA(installation, generation: 1, at: clock.now)
    var due = false
    clock.advance(by: .seconds(3600))
    due = childSA.needsKeepalive(pair, at: clock.now)
    #expect(!due)
  }

  @Test("The soft limit counts the bytes of inner packets and is reported once")
  func softLimit() throws {
    let installation = try installation(isBehindNAT: false)
    let pair = try install(installation)
    var childSA = InstalledChildSA(installation, generation: 1, at: clock.now)
    var due = false
    for _ in 0..<4 { try send(pair) }
    due = childSA.needsRekey(pair)
    #expect(!due)
    try send(pair)
    due = childSA.needsRekey(pair)
    #expect(due)
    due = childSA.needsRekey(pair)
    #expect(!due)
  }

  @Test("A pair of a former ike process gives way ten seconds after a newer one of its tunnel")
  func givesWay() throws {
    let installation = try installation(isBehindNAT: false)
    let old = InstalledChildSA(installation, generation: 1, at: .zero)
    let new = InstalledChildSA(installation, generation: 2, at: .zero)
    var other = installation
    other.tunnel = "other"
    let soon = Instant.zero.advanced(by: .seconds(9))
    let later = Instant.zero.advanced(by: .seconds(10))
    #expect(!old.isReplaced(by: new, at: soon))
    #expect(old.isReplaced(by: new, at: later))
    #expect(!new.isReplaced(by: old, at: later))
    #expect(!old.isReplaced(by: InstalledChildSA(other, generation: 2, at: .zero), at: later))
  }
}
