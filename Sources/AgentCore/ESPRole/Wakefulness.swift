import LinuxNetworking

/// Keeps the machine's idle processors awake while packets come fast, and lets them sleep when they do not.
///
/// A packet passes from process to process, and each time a processor may have to be woken first. That takes longer than
/// everything that is done with the packet.
final class Wakefulness {
  private let latency: WakeupLatency
  private var pace = TrafficPace()
  private var isAwake = false
  private var timer: EventTimer?

  init(_ latency: WakeupLatency, loop: EventLoop) throws(LinuxError) {
    self.latency = latency
    timer = try loop.makeTimer { [unowned self] in timeout() }
  }

  /// A descriptor was ready.
  func turn() {
    guard pace.countTurn(now: { SystemClock.now }), !isAwake else { return }
    isAwake = true
    latency.stayAwake()
    timer?.schedule(at: pace.awakeUntil)
  }

  private func timeout() {
    guard pace.isOver(at: SystemClock.now) else { return timer?.schedule(at: pace.awakeUntil) ?? () }
    isAwake = false
    latency.allowSleep()
  }
}
