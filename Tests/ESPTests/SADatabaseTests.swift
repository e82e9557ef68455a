import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite struct SADatabaseTests {
  private let database = SADatabase(random: SeededRandom(seed: 9))
  private let protection = Protection(suite: .aead(.aes256GCM16), extended: true)

  @Test("a tunnel without an SA has nothing to send with")
  func withoutSA() {
    #expect(database.outbound(tunnel: 1) == nil)
  }

  @Test("packets find their tunnel by SPI; an unknown SPI is dropped")
  func bySPI() throws {
    let first = try install(spi: 0x1001, tunnel: 1)
    let second = try install(spi: 0x1002, tunnel: 2)
    #expect(try open(first.seal(Inner.v4())) == 1)
    #expect(try open(second.seal(Inner.v6())) == 2)
    var stray = try first.seal(Inner.v4())
    stray[3] = 0x77
    #expect(throws: DropReason.unknownSPI) { try open(stray) }
    #expect(throws: DropReason.truncated) { try open([0, 0, 0x10]) }
  }

  @Test("an inbound SPI is taken only once")
  func duplicateSPI() throws {
    _ = try install(spi: 0x1001, tunnel: 1)
    let spi = try #require(ESPSPI(rawValue: 0x1001))
    #expect(throws: SADatabaseError.duplicateSPI(spi)) { try install(spi: 0x1001, tunnel: 2) }
    #expect(database.outbound(tunnel: 2) == nil)
  }

  @Test("as initiator, a rekeyed tunnel sends on the new SA at once and still receives on the old one")
  func initiatorRekeys() throws {
    let old = try install(spi: 0x1001)
    let new = try install(spi: 0x1002)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1002)
    #expect(try open(old.seal(Inner.v4())) == 1)
    #expect(try open(new.seal(Inner.v4())) == 1)
    remove(0x1001)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1002)
    #expect(throws: DropReason.unknownSPI) { try open(old.seal(Inner.v4())) }
  }

  @Test("as responder, it sends on the old SA until a packet came in on the new one (RFC 7296 section 2.8)")
  func responderWaits() throws {
    _ = try install(spi: 0x1001)
    let peer = try install(spi: 0x1002, isInitiator: false)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1001)
    var forged = try peer.seal(Inner.v4())
    forged[20] ^= 1
    #expect(throws: DropReason.notAuthentic) { try open(forged) }
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1001)
    #expect(try open(peer.seal(Inner.v4())) == 1)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1002)
  }

  @Test("an authentic packet shows that the peer is ready even if it is dropped for what it carries")
  func readyThoughDropped() throws {
    _ = try install(spi: 0x1001)
    let prefix = try #require(IPPrefix("10.9.0.0/16"))
    var narrow = try ESPSAParameters.loopback(protection, spi: 0x1002, isInitiator: false)
    narrow.remoteSelectors = [TrafficSelector(prefix)]
    try database.install(narrow)
    let peer = try OutboundSA(.loopback(protection, spi: 0x1002), random: SeededRandom(seed: 2))
    #expect(throws: DropReason.selectorMismatch) { try open(peer.seal(Inner.v4())) }
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1002)
  }

  @Test("as responder, it sends on the new SA once the old one is deleted, and on the first SA of all at once")
  func responderAfterDelete() throws {
    _ = try install(spi: 0x1001, isInitiator: false)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1001)
    _ = try install(spi: 0x1002, isInitiator: false)
    remove(0x1001)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1002)
    remove(0x1002)
    #expect(database.outbound(tunnel: 1) == nil)
    let spi = try #require(ESPSPI(rawValue: 0x1002))
    #expect(!database.remove(inboundSPI: spi))
  }

  @Test("an SA that a newer one has sent in place of is not sent on again: the peer may have deleted it")
  func superseded() throws {
    _ = try install(spi: 0x1001)
    _ = try install(spi: 0x1002)
    _ = try install(spi: 0x1003, isInitiator: false)
    remove(0x1002)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1003)
    remove(0x1003)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1001)
  }

  @Test("as responder of two exchanges, it sends on the older SA until the peer is known to have the newer")
  func neitherReady() throws {
    _ = try install(spi: 0x1001, isInitiator: false)
    _ = try install(spi: 0x1002, isInitiator: false)
    #expect(database.outbound(tunnel: 1)?.spi.rawValue == 0x1001)
  }

  @Test("only the newest authentic packet tells where the peer is: none that is replayed, late, forged or a stranger's")
  func newestPacket() throws {
    let peer = try install(spi: 0x1001)
    let late = try peer.seal(Inner.v4())
    let newest = try peer.seal(Inner.v4())
    _ = try open(newest)
    #expect(database.pairOfNewestPacket?.tunnel == 1)
    _ = try open(late)
    #expect(database.pairOfNewestPacket == nil)
    _ = try open(peer.seal(Inner.v4()))
    #expect(database.pairOfNewestPacket != nil)
    _ = try? open(newest)
    #expect(database.pairOfNewestPacket == nil)
    _ = try open(peer.seal(Inner.v4()))
    var stray = try peer.seal(Inner.v4())
    stray[3] = 0x77
    _ = try? open(stray)
    #expect(database.pairOfNewestPacket == nil)
    var forged = try peer.seal(Inner.v4())
    forged[20] ^= 1
    _ = try? open(forged)
    #expect(database.pairOfNewestPacket == nil)
  }

  @Test("a moved SA sends over its new path")
  func moved() throws {
    _ = try install(spi: 0x1001)
    let spi = try #require(ESPSPI(rawValue: 0x1001))
    var path = try #require(database.outbound(tunnel: 1)?.path)
    path.uplink = "isp-b"
    path.remote.port = 31_000
    #expect(database.move(inboundSPI: spi, to: path))
    #expect(database.outbound(tunnel: 1)?.path == path)
  }

  @Test("keys that do not fit the suite are refused and leave nothing behind")
  func wrongKeys() throws {
    var parameters = try ESPSAParameters.loopback(protection)
    parameters.inboundKeys = ESPKeys(encryption: SecretBytes([1, 2, 3]), integrity: nil)
    let error = SADatabaseError.cryptography(.wrongKeyLength(expected: 36, actual: 3))
    #expect(throws: error) { try database.install(parameters) }
    #expect(database.installed.isEmpty)
    #expect(database.outbound(tunnel: 1) == nil)
  }

  /// Installs a pair and returns the peer's sending half.
  @discardableResult
  private func install(spi: UInt32, tunnel: Int = 1, isInitiator: Bool = true) throws -> OutboundSA {
    let parameters = try ESPSAParameters.loopback(
      protection, spi: spi, tunnel: tunnel, seed: UInt64(spi), isInitiator: isInitiator)
    try database.install(parameters)
    return try OutboundSA(parameters, random: SeededRandom(seed: 2))
  }

  private func remove(_ spi: UInt32) {
    if let spi = ESPSPI(rawValue: spi) { #expect(database.remove(inboundSPI: spi)) }
  }

  /// Opens a packet and returns its tunnel.
  private func open(_ packet: [UInt8]) throws(DropReason) -> Int {
    var buffer = packet
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(DropReason) in try database.open(0..<packet.count, in: bytes).tunnel }
    }
    return try result.get()
  }
}
