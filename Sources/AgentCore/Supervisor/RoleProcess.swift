import Glibc
import LinuxNetworking
import Logging
import WireFormat

/// One role's process as its supervisor keeps it: started, watched, started again when it dies.
final class RoleProcess<Outgoing: Encodable, Incoming: Decodable> {
  /// Called when a process runs and its channel is open; true for every one after the first.
  var onStart: (_ isReplacement: Bool) -> Void = { _ in }
  /// Called with each message of the role.
  var onMessage: (Incoming) -> Void = { _ in }
  /// Called when the process has ended, with what happens next.
  var onEnd: (_ cause: String) -> Void = { _ in }

  private let role: Role
  private let arguments: [String]
  private let loop: EventLoop
  private let logger: Logger
  private var child: ChildProcess?
  private var channel: RoleChannel<Outgoing, Incoming>?
  private var startedAt = Instant.zero
  private var policy = RestartPolicy()
  private var restartTimer: EventTimer?
  private var hasRunBefore = false
  /// Whether the process is to run; if not, its end is no accident.
  private var isWanted = false

  /// A role that does not run yet; `arguments` follow `--role NAME`.
  init(_ role: Role, arguments: [String] = [], loop: EventLoop, logger: Logger) throws {
    self.role = role
    self.arguments = ["--role", role.rawValue] + arguments
    self.loop = loop
    self.logger = logger
    restartTimer = try loop.makeTimer { [unowned self] in if isWanted { spawn() } }
  }

  /// Whether a process runs now.
  var isRunning: Bool { child != nil }

  /// Starts the role, if it does not run, and keeps it running from here on.
  func start() {
    isWanted = true
    if child == nil { spawn() }
  }

  /// Sends a message; it is lost if the process is down: `onStart` tells its successor everything.
  func send(_ message: Outgoing, descriptors: [FileDescriptor] = []) {
    channel?.send(message, descriptors: descriptors)
  }

  /// Lets the process end: `farewell` asks it to.
  func stop(_ farewell: Outgoing) {
    isWanted = false
    hasRunBefore = false
    channel?.send(farewell)
  }

  /// Ends the process at once.
  func kill() { child?.signal(SIGKILL) }

  private func spawn() {
    do {
      let (ours, theirs) = try MessageChannel.pair()
      // /proc/self/exe: the very program that runs, also after its file was replaced.
      var program = Program("/proc/self/exe", arguments)
      program.inherited = [theirs.descriptor]
      program.leadsProcessGroup = true
      let child = try ChildProcess(program)
      try loop.watch(child.descriptor) { [unowned self] in reap() }
      self.child = child
      startedAt = SystemClock.now
      logger.info("role started", metadata: .fields([.role: role.rawValue, .process: child.identifier]))
      try open(ours)
      onStart(hasRunBefore)
      hasRunBefore = true
    } catch {
      logger.error("cannot start a role", metadata: .fields([.role: role.rawValue, .cause: error]))
      if child == nil { scheduleRestart(cause: "\(error)") } else { kill() }
    }
  }

  private func open(_ end: MessageChannel) throws {
    let channel = try RoleChannel<Outgoing, Incoming>(end, loop: loop, logger: logger)
    channel.onMessage = { [unowned self] message, _ in onMessage(message) }
    // A role that closes its channel without ending is of no use.
    channel.onClose = { [unowned self] in if isWanted { kill() } }
    self.channel = channel
  }

  private func reap() {
    guard let ended = child, let status = try? ended.reap() else { return }
    loop.unwatch(ended.descriptor)
    child = nil
    channel?.close()
    channel = nil
    if isWanted {
      scheduleRestart(cause: "\(status)")
    } else {
      logger.info("role ended", metadata: .fields([.role: role.rawValue]))
      onEnd("\(status)")
    }
  }

  private func scheduleRestart(cause: String) {
    let delay = policy.died(afterRunning: startedAt.duration(to: SystemClock.now))
    logger.error(
      "role died and is started again", metadata: .fields([.role: role.rawValue, .cause: cause, .delay: delay]))
    onEnd(cause)
    restartTimer?.schedule(after: delay)
  }
}
