import FabricCrypto
import FabricTestKit
import Testing

@testable import ESP

/// RFC 4303 appendix A2: the high 32 bits are not on the wire.
@Suite struct ExtendedSequenceNumberTests {
  private static let subspace = UInt64(1) << 32

  @Test("with the window inside one subspace, its lowest number stays and the one below is of the next")
  func caseA() {
    let highest = 5 * Self.subspace + 1000
    let window = ReplayWindow(size: 64, highest: highest)
    #expect(window.extended(1000 - 63) == highest - 63)
    #expect(window.extended(1000 - 64) == highest - 64 + Self.subspace)
    #expect(window.extended(1000) == highest)
    #expect(window.extended(.max) == 6 * Self.subspace - 1)
  }

  @Test("with the window across two subspaces, its lowest number is of the former and the one below of the present")
  func caseB() {
    let highest = 5 * Self.subspace + 10
    let window = ReplayWindow(size: 64, highest: highest)
    let lowest = UInt32.max - 52
    #expect(window.extended(lowest) == highest - 63)
    #expect(window.extended(lowest - 1) == highest - 64 + Self.subspace)
    #expect(window.extended(.max) == 5 * Self.subspace - 1)
    #expect(window.extended(0) == 5 * Self.subspace)
    #expect(window.extended(11) == highest + 1)
  }

  @Test("the edge between the two cases is a window that begins at 0")
  func betweenCases() {
    let window = ReplayWindow(size: 64, highest: 2 * Self.subspace + 63)
    #expect(window.extended(0) == 2 * Self.subspace)
    #expect(window.extended(.max) == 3 * Self.subspace - 1)
    let before = ReplayWindow(size: 64, highest: 2 * Self.subspace + 62)
    #expect(before.extended(0) == 2 * Self.subspace)
    #expect(before.extended(.max) == 2 * Self.subspace - 1)
  }

  @Test("nothing lies before the first subspace or behind the last")
  func ends() {
    #expect(ReplayWindow(size: 64).extended(.max) == nil)
    #expect(ReplayWindow(size: 64).extended(1) == 1)
    #expect(ReplayWindow(size: 64, highest: .max).extended(.max) == .max)
    #expect(ReplayWindow(size: 64, highest: .max).extended(0) == nil)
  }

  @Test(
    "the upper half is found again after more packets were lost than its lower half can count",
    arguments: Protection.all.filter(\.extended), [1, 8] as [UInt64])
  func resynchronizes(protection: Protection, subspaces: UInt64) throws {
    let parameters = try ESPSAParameters.loopback(protection)
    let random = SeededRandom(seed: 1)
    let inbound = try InboundSA(parameters, implementation: protection.implementation)
    let before = try OutboundSA(parameters, random: random, implementation: protection.implementation)
    for _ in 0..<3 { #expect(try inbound.open(before.seal(Inner.v4())) == Inner.v4()) }
    let after = try OutboundSA(
      parameters, random: random, lastSequence: subspaces * Self.subspace + 1000,
      implementation: protection.implementation)
    var failures = 0
    while failures < 2000, (try? inbound.open(after.seal(Inner.v4()))) == nil { failures += 1 }
    #expect(failures == Resynchronization.threshold)
    for _ in 0..<10 { #expect(try inbound.open(after.seal(Inner.v4())) == Inner.v4()) }
  }

  @Test("after a gap that is beyond the search, and with forged packets, nothing is accepted")
  func givesUp() throws {
    let parameters = try ESPSAParameters.loopback()
    let inbound = try InboundSA(parameters)
    let outbound = try OutboundSA(
      parameters, random: SeededRandom(seed: 1), lastSequence: (Resynchronization.subspaces + 1) * Self.subspace + 9)
    for _ in 0..<(Resynchronization.threshold + 3 * Resynchronization.patience) {
      #expect(throws: DropReason.notAuthentic) { try inbound.open(outbound.seal(Inner.v4())) }
    }
    // An authentic packet ends the suspicion.
    let early = try OutboundSA(parameters, random: SeededRandom(seed: 1))
    #expect(try inbound.open(early.seal(Inner.v4())) == Inner.v4())
  }

  @Test("every number from the window's lowest on for 2^32 is recovered", arguments: [64, 1024, 4096])
  func recovery(size: Int) {
    let random = SeededRandom(seed: 7)
    for _ in 0..<100_000 {
      let highest = (random.next() % (3 * Self.subspace)) + UInt64(size)
      let lowest = highest - UInt64(size) + 1
      let sequence = lowest + random.next() % Self.subspace
      let recovered = ReplayWindow(size: size, highest: highest).extended(UInt32(truncatingIfNeeded: sequence))
      if recovered != sequence { #expect(recovered == sequence, "highest \(highest)") }
    }
  }
}

extension ReplayWindow {
  fileprivate init(size: Int, highest: UInt64) {
    self.init(size: size)
    accept(highest)
  }
}
