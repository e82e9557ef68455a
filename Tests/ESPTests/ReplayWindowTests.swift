import FabricTestKit
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

  @Test("it agrees with a naive set over a million numbers", arguments: [64, 192, 4096])
  func againstNaiveSet(size: Int) {
    var window = ReplayWindow(size: size)
    var naive = NaiveWindow(size: UInt64(size))
    let random = SeededRandom(seed: UInt64(size))
    var center: UInt64 = 1
    var disagreements = 0
    for _ in 0..<1_000_000 {
      // Mostly around the window, now and then a jump beyond it.
      if random.next() % 5000 == 0 { center += random.next() % UInt64(size * 3) }
      center += random.next() & 1
      let spread = random.next() % UInt64(size + size / 4)
      let sequence = center > spread ? center - spread + random.next() % 8 : random.next() % 8
      let objection = window.objection(to: sequence)
      if objection != naive.objection(to: sequence) { disagreements += 1 }
      if objection == nil {
        window.accept(sequence)
        naive.accept(sequence)
      }
    }
    #expect(disagreements == 0)
    #expect(window.highest == naive.highest)
  }
}

/// The replay window as RFC 4303 section 3.4.3 tells it, without any cleverness.
private struct NaiveWindow {
  let size: UInt64
  private(set) var highest: UInt64 = 0
  private var seen: Set<UInt64> = []

  init(size: UInt64) { self.size = size }

  func objection(to sequence: UInt64) -> DropReason? {
    if sequence == 0 || sequence + size <= highest { return .tooOld }
    return seen.contains(sequence) ? .replayed : nil
  }

  mutating func accept(_ sequence: UInt64) {
    seen.insert(sequence)
    highest = max(highest, sequence)
  }
}
