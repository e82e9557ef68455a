import LinuxNetworking
import Testing
import WireFormat

struct EventLoopTests {
  @Test("A readable descriptor calls its handler until it is no longer watched")
  func callsBack() throws {
    let loop = try EventLoop()
    let pipe = try FileDescriptor.pipe()
    var calls = 0
    try loop.watch(pipe.reading) { calls += 1 }
    try loop.runOnce(timeout: .zero)
    #expect(calls == 0)
    try pipe.writing.write([1])
    try loop.runOnce(timeout: .zero)
    try loop.runOnce(timeout: .zero)
    #expect(calls == 2)
    loop.unwatch(pipe.reading)
    try loop.runOnce(timeout: .zero)
    #expect(calls == 2)
  }

  @Test("A timer fires once per arming, and not when it is disarmed")
  func firesOnce() throws {
    let loop = try EventLoop()
    var fired = 0
    let timer = try loop.makeTimer {
      fired += 1
      loop.stop()
    }
    timer.schedule(at: .zero)
    try loop.run()
    try loop.runOnce(timeout: .zero)
    #expect(fired == 1)
    timer.schedule(after: .seconds(60))
    timer.schedule(at: nil)
    try loop.runOnce(timeout: .milliseconds(1))
    #expect(fired == 1)
  }

  @Test("A released timer does not fire")
  func releasedTimer() throws {
    let loop = try EventLoop()
    var fired = 0
    var timer: EventTimer? = try loop.makeTimer { fired += 1 }
    timer?.schedule(at: .zero)
    timer = nil
    try loop.runOnce(timeout: .zero)
    #expect(fired == 0)
  }

  @Test("The clock moves forward")
  func clockIsMonotonic() {
    let first = SystemClock.now
    #expect(first > .zero)
    #expect(SystemClock.now >= first)
  }
}
