import CLinux
import Glibc
import WireFormat

/// Waits for descriptors, timers and signals on one thread and calls back; a role of the agent is one loop.
///
/// Not thread-safe, on purpose: everything that a loop calls runs on the thread of `run()`.
public final class EventLoop {
  /// What to wait for on a descriptor.
  public struct Interest: OptionSet, Sendable {
    /// The kernel's event bits.
    public let rawValue: UInt32
    /// Wraps the kernel's event bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// There is something to read, or the other end is gone.
    public static let readable = Interest(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    public static let writable = Interest(rawValue: EPOLLOUT.rawValue)
  }

  private struct Watch {
    let descriptor: FileDescriptor
    let handler: () -> Void
  }

  private let epoll: FileDescriptor
  private var watches: [Int32: Watch] = [:]
  private var isRunning = false

  /// A loop that watches nothing yet.
  public init() throws(LinuxError) {
    epoll = FileDescriptor(owning: try check("epoll_create1", clinux_epoll_create()))
  }

  /// Calls `handler` whenever the descriptor is ready, again and again while it stays so; keeps the descriptor open.
  ///
  /// Watching a descriptor again replaces its interest and handler. Throws for a descriptor that cannot be waited for.
  public func watch(
    _ descriptor: FileDescriptor, for interest: Interest = .readable, handler: @escaping () -> Void
  ) throws(LinuxError) {
    let operation = watches[descriptor.rawValue] == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
    _ = try check(
      "epoll_ctl", clinux_epoll_control(epoll.rawValue, operation, descriptor.rawValue, interest.rawValue))
    watches[descriptor.rawValue] = Watch(descriptor: descriptor, handler: handler)
  }

  /// Stops watching a descriptor; no more calls come for it, even when it was ready already.
  public func unwatch(_ descriptor: FileDescriptor) {
    guard watches.removeValue(forKey: descriptor.rawValue) != nil else { return }
    // Fails only for a descriptor that the set does not hold, which is what is wanted.
    _ = clinux_epoll_control(epoll.rawValue, EPOLL_CTL_DEL, descriptor.rawValue, 0)
  }

  /// Calls `handler` with the number of each of the signals that arrives, instead of the signal's own effect.
  ///
  /// Blocks the signals for this thread and those started later; call it before threads start.
  public func onSignals(_ signals: [Int32], handler: @escaping (Int32) -> Void) throws(LinuxError) {
    let number = try check("signalfd", clinux_signal_descriptor(signals, UInt32(signals.count)))
    let descriptor = FileDescriptor(owning: number)
    try watch(descriptor) {
      while case let signal = clinux_signal_read(number), signal > 0 { handler(signal) }
    }
  }

  /// A timer of this loop, not armed yet.
  public func makeTimer(handler: @escaping () -> Void) throws(LinuxError) -> EventTimer {
    let descriptor = FileDescriptor(owning: try check("timerfd_create", clinux_timer_create()))
    let timer = EventTimer(descriptor, loop: self)
    try watch(timer.descriptor) { [unowned timer] in if timer.acknowledge() { handler() } }
    return timer
  }

  /// Runs until `stop()` is called or waiting itself fails.
  public func run() throws(LinuxError) {
    isRunning = true
    while isRunning { try runOnce(timeout: nil) }
  }

  /// Waits for at most `timeout` (nil: for ever) and calls the handlers of what is ready.
  public func runOnce(timeout: Duration?) throws(LinuxError) {
    let milliseconds = timeout.map { Int32(clamping: ($0.nanoseconds + 999_999) / 1_000_000) } ?? -1
    let capacity = 64
    try withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) { events throws(LinuxError) in
      let result = clinux_epoll_wait(epoll.rawValue, events.baseAddress, Int32(capacity), milliseconds)
      if result == -EINTR { return }
      for event in events.prefix(Int(try check("epoll_wait", result))) {
        // A handler that ran before in this round may have stopped watching this one.
        watches[event.data.fd]?.handler()
      }
    }
  }

  /// Makes `run()` return once the handler that is running has.
  public func stop() { isRunning = false }
}

/// One timer of an `EventLoop`; it fires once per arming, and not at all once it is released.
public final class EventTimer {
  fileprivate let descriptor: FileDescriptor
  private let loop: EventLoop
  /// What the kernel has been told, in nanoseconds: it is not told the same again. Zero is "never".
  private var armed: Int64 = 0

  fileprivate init(_ descriptor: FileDescriptor, loop: EventLoop) {
    self.descriptor = descriptor
    self.loop = loop
  }

  deinit { loop.unwatch(descriptor) }

  /// Arms the timer for an instant of `SystemClock`, at once when that has passed; nil disarms it.
  public func schedule(at instant: Instant?) {
    let nanoseconds = instant.map { max(1, $0.nanoseconds) } ?? 0
    guard nanoseconds != armed else { return }
    armed = nanoseconds
    _ = clinux_timer_arm(descriptor.rawValue, nanoseconds)
  }

  /// Arms the timer for `delay` from now.
  public func schedule(after delay: Duration) { schedule(at: SystemClock.now.advanced(by: delay)) }

  /// Whether the timer has really fired: it may have been armed anew since the loop saw it ready.
  fileprivate func acknowledge() -> Bool {
    var expirations: UInt64 = 0
    guard read(descriptor.rawValue, &expirations, MemoryLayout<UInt64>.size) > 0 else { return false }
    armed = 0
    return true
  }
}
