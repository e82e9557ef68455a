import FabricTestKit
import Testing
import WireFormat

struct DeadlineQueueTests {
  @Test("Deadlines come out in order, changed ones once and cancelled ones not at all")
  func order() {
    let random = SeededRandom(seed: 5)
    var queue = DeadlineQueue<Int>()
    var expected: [Int: Int64] = [:]
    for _ in 0..<2000 {
      let key = Int(random.next() % 200)
      if random.next() % 4 == 0 {
        queue.set(key, nil)
        expected[key] = nil
      } else {
        let deadline = Int64(random.next() % 1000)
        queue.set(key, Instant(nanoseconds: deadline))
        expected[key] = deadline
      }
      #expect(queue.earliest?.nanoseconds == expected.values.min())
    }
    var popped: [Int64] = []
    while let key = queue.popDue(at: Instant(nanoseconds: 1000)) {
      if let deadline = expected.removeValue(forKey: key) { popped.append(deadline) }
    }
    #expect(expected.isEmpty)
    #expect(popped == popped.sorted())
    #expect(queue.earliest == nil)
  }
}
