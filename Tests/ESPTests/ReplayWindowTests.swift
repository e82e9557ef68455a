import ESPReference
import FabricTestKit
import Foundation
import Testing

@testable import ESP

@Suite struct ReplayWindowTests {
  @Test(
    "the width is rounded up to whole words",
    arguments: [(0, 64), (1, 64), (64, 64), (65, 128), (1024, 1024), (4096, 4096)])
  func width(asked: Int, given: Int) {
    #expect(ReplayWindow(size: asked).size == given)
  }

  @Test("number 0 is never accepted, number 1 is the first")
  func first() {
    let window = ReplayWindow(size: 64)
    #expect(window.objection(to: 0) == .tooOld)
    #expect(window.objection(to: 1) == nil)
  }

  @Test("the lowest number of the window is accepted, the one below it is too old", arguments: [64, 128, 1024, 4096])
  func lowerEdge(size: Int) {
    var window = ReplayWindow(size: size)
    let highest: UInt64 = 100_000
    window.accept(highest)
    let lowest = highest - UInt64(size) + 1
    #expect(window.objection(to: lowest) == nil)
    #expect(window.objection(to: lowest - 1) == .tooOld)
    window.accept(highest + 1)
    #expect(window.objection(to: lowest) == .tooOld)
    #expect(window.objection(to: lowest + 1) == nil)
  }

  @Test("an accepted number is a replay from then on, wherever it lies")
  func duplicates() {
    var window = ReplayWindow(size: 64)
    for sequence: UInt64 in [70, 64, 63, 7, 71, 70 + 57] {
      #expect(window.objection(to: sequence) == nil)
      window.accept(sequence)
      #expect(window.objection(to: sequence) == .replayed)
    }
    #expect(window.objection(to: 72) == nil)
  }

  @Test(
    "a jump of any length forgets what fell out and nothing else",
    arguments: [63, 64, 65, 127, 128, 129, 10_000] as [UInt64])
  func jumps(distance: UInt64) {
    var window = ReplayWindow(size: 64)
    for sequence in 1...64 as ClosedRange<UInt64> { window.accept(sequence) }
    window.accept(64 + distance)
    for sequence in 1...(64 + distance) where sequence + 64 > 64 + distance {
      let seen = sequence <= 64 || sequence == 64 + distance
      #expect(window.objection(to: sequence) == (seen ? .replayed : nil))
    }
  }

  /// How many numbers to try in all: `make compare` tries a hundred million.
  private static let numbers =
    ProcessInfo.processInfo.environment["FABRIC_SEQUENCE_NUMBERS"].flatMap(Int.init) ?? 1_000_000

  @Test(
    "it agrees with a naive set, across the end of the lower half and after losses", arguments: [64, 192, 1024, 4096])
  func againstNaiveSet(size: Int) {
    let count = ReplayWindowTests.numbers / 4
    // Half of the numbers come before the lower half wraps.
    var highest = (UInt64(7) << 32) - UInt64(count / 4)
    var window = ReplayWindow(size: size)
    window.accept(highest)
    var naive = ReferenceReplayWindow(size: UInt64(size), highest: highest)
    let random = SeededRandom(seed: UInt64(size))
    var (accepted, disagreements) = (0, 0)
    for _ in 0..<count {
      let sequence = next(after: highest, size: UInt64(size), random)
      let extended = window.extended(UInt32(truncatingIfNeeded: sequence))
      let objection = window.objection(to: sequence)
      let isNew = naive.mayAccept(sequence)
      if (objection == nil) != isNew || (objection == .replayed) != naive.hasSeen(sequence) { disagreements += 1 }
      // Where the number is not too old, its upper half is found.
      if extended != naive.extended(sequence & 0xFFFF_FFFF) { disagreements += 1 }
      if objection != .tooOld, extended != sequence { disagreements += 1 }
      guard objection == nil else { continue }
      window.accept(sequence)
      naive.accept(sequence)
      highest = max(highest, sequence)
      accepted += 1
    }
    print("window of \(size): \(count) numbers, \(accepted) accepted, up to \(String(highest, radix: 16))")
    #expect(disagreements == 0)
    #expect(window.highest == naive.highest)
    #expect(highest >> 32 >= 7)
    #expect(accepted > count / 4)
  }

  /// Mostly the next one or one in the window, sometimes one too old, and now and then one after a loss of any size.
  private func next(after highest: UInt64, size: UInt64, _ random: SeededRandom) -> UInt64 {
    let choice = random.next()
    switch choice % 16 {
    case 0..<8: return highest + 1
    case 8..<15: return highest - (choice >> 8) % (size + size / 4)
    default:
      // A million losses must not use up the subspaces: most are small.
      let bits = (choice >> 8) % (choice >> 16 % 1000 == 0 ? 32 : 12)
      return highest + (choice >> 32) % (1 << bits) + 1
    }
  }
}
