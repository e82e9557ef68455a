import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Windows and deadlines")
struct WindowTests {
  @Test("a request is sent five times, at 0, 0.5, 1.5, 3.5 and 7.5 seconds, and given up after 15.5")
  func retransmission() {
    var window = RequestWindow()
    window.open(Exchange(type: .informational, tasks: []), messageID: 3, bytes: [1], at: .zero)
    #expect(window.nextMessageID == 4)
    var clock = ManualClock()
    var times: [Int64] = []
    while let deadline = window.outstanding?.deadline {
      clock.advance(to: deadline)
      times.append(clock.now.nanoseconds / 1_000_000)
      if window.timeout(at: clock.now) == .giveUp { break }
    }
    #expect(times == [500, 1500, 3500, 7500, 15500])
  }

  @Test("the last message id is used, and none after it")
  func messageIDs() {
    var window = RequestWindow()
    window.open(Exchange(type: .informational, tasks: []), messageID: .max, bytes: [], at: .zero)
    #expect(window.nextMessageID == nil)
  }

  @Test("a request is answered once; the same again gets the same answer, anything else none")
  func responses() {
    var window = ResponseWindow()
    #expect(window.judge(messageID: 0, bytes: [1]) == .process)
    #expect(window.judge(messageID: 1, bytes: [1]) == .drop)
    window.answered([1], with: [9])
    #expect(window.judge(messageID: 0, bytes: [1]) == .repeatResponse([9]))
    #expect(window.judge(messageID: 0, bytes: [2]) == .drop)
    #expect(window.judge(messageID: 1, bytes: [2]) == .process)
    window.answered([2], with: [8])
    #expect(window.judge(messageID: 0, bytes: [1]) == .drop)
    #expect(window.judge(messageID: .max, bytes: [1]) == .drop)
  }

  @Test("deadlines come out in order, changed ones once and cancelled ones not at all")
  func deadlineQueue() {
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
