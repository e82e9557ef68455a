import FabricTestKit
import Testing

@testable import ESP

@Suite struct SequenceRecoveryTests {
  private let recovery = SequenceRecovery()

  @Test("of two copies the first comes in, whatever their order")
  func firstCopy() throws {
    for number: UInt32 in [5, 6, 8, 7] { try admit(number) }
    for number: UInt32 in [8, 5, 7, 6] { #expect(throws: DropReason.eliminated) { try admit(number) } }
    try admit(9)
  }

  @Test("a packet that only the slower line has brought comes in as long as it is remembered, and not a number longer")
  func history() throws {
    try admit(10_000)
    let oldest = 10_000 - UInt32(SequenceRecovery.historyLength) + 1
    try admit(oldest)
    #expect(throws: DropReason.eliminated) { try admit(oldest) }
    #expect(throws: DropReason.tooOld) { try admit(oldest - 1) }
  }

  @Test("numbers begin anew after the last, in both directions")
  func wrapsAround() throws {
    let last = ReplicaHeader.numbers - 1
    try admit(last - 1)
    try admit(1)
    try admit(last)
    try admit(0)
    for number in [last - 1, last, 0, 1] { #expect(throws: DropReason.eliminated) { try admit(number) } }
    try admit(2)
  }

  @Test("a peer that has started anew is heard at once, and stragglers of its last life are not")
  func newFlow() throws {
    try admit(100_000, flow: 20)
    try admit(0, flow: 21)
    #expect(throws: DropReason.eliminated) { try admit(0, flow: 21) }
    #expect(throws: DropReason.tooOld) { try admit(100_001, flow: 20) }
    #expect(throws: DropReason.eliminated) { try admit(0, flow: 21) }
    try admit(1, flow: 21)
  }

  @Test("every packet of two lossy lines of different speed comes in once, if one of them has brought it")
  func twoLines() throws {
    let random = SeededRandom(seed: 7)
    var wire: [(at: UInt32, number: UInt32)] = []
    var isSent: Set<UInt32> = []
    for number in 0..<UInt32(20_000) {
      for delay: UInt32 in [0, 3000] where random.randomUInt32() % 10 > 0 {
        wire.append((number + delay + random.randomUInt32() % 50, number))
        isSent.insert(number)
      }
    }
    var delivered: [UInt32] = []
    for packet in wire.sorted(by: { $0.at < $1.at }) where (try? admit(packet.number)) != nil {
      delivered.append(packet.number)
    }
    #expect(delivered.count == isSent.count)
    #expect(Set(delivered) == isSent)
  }

  private func admit(_ number: UInt32, flow: UInt32 = 16) throws(DropReason) {
    try recovery.admit(ReplicaHeader(flow: flow, number: number))
  }
}
