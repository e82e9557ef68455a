import Glibc
import LinuxNetworking
import Logging
import WireFormat

/// One role's process as its supervisor keeps it: started, watched, started again when it dies.
final class RoleProcess<Outgoing: Encodable, Incoming: Decodable> {
  /// Called when a process runs and its channel is open; true for every one after the first.
  var onStart: (_ isReplacement: Bool) -> Void = { _ in }
  /// Called with each message of the role.
  var onMessage: (Incoming, [FileDescriptor]) -> Void = { _, _ in }
  /// Called when the process has ended, with what happens next.
  var onEnd: (_ cause: String) -> Void = { _ in }

  private let role: Role
  private let arguments: [String]
  private let rendezvousPath: String
  private let loop: EventLoop
  private let logger: Logger
  private var child: ChildProcess?
  private var channel: RoleChannel<Outgoing, Incoming>?
  private var startedAt = Instant.zero
  /// The program that the process has said it runs.
  private var program: ProgramFile?
  private var policy = RestartPolicy()
  private var restartTimer: EventTimer?
  /// Whether a process of this role, even of an earlier supervisor, may have left something behind.
  private var hasRunBefore = false
  /// Whether the process is to run; if not, its end is no accident.
  private var isWanted = false

  /// A role that does not run yet; `arguments` follow `--role NAME`.
  init(
    _ role: Role, arguments: [String] = [], stateDirectory: String, loop: EventLoop, logger: Logger
  ) throws {
    self.role = role
    self.arguments = ["--role", role.rawValue] + arguments
    rendezvousPath = "\(stateDirectory)/\(role.rawValue).sock"
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

  /// Takes the process over that a supervisor before this one has left; false if there is none. `onStart` is not
  /// called: the process knows everything, and says what it was lent.
  func takeOver() -> Bool {
    do {
      guard child == nil, let found = try Rendezvous.connect(to: rendezvousPath) else { return false }
      try watch(ChildProcess(adopting: found.process))
      isWanted = true
      hasRunBefore = true
      try open(found.channel)
      logger.info("role taken over", metadata: .fields([.role: role.rawValue, .process: found.process]))
      return true
    } catch {
      logger.error("cannot take a role over", metadata: .fields([.role: role.rawValue, .cause: error]))
      kill()
      return child != nil
    }
  }

  /// Has the next process taken for a replacement: something is left of one that nobody has found.
  func expectRemains() { hasRunBefore = true }

  /// The process has said which program it runs.
  func runs(_ program: ProgramFile?) { self.program = program }

  /// Ends a process that runs another version of the program; the next one has ours.
  func replaceIfOutdated() {
    guard child != nil, program != .current else { return }
    logger.info("role is replaced by our version", metadata: .fields([.role: role.rawValue]))
    kill()
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
      program.inherited = [theirs.descriptor, try Rendezvous(binding: rendezvousPath).descriptor]
      program.leadsProcessGroup = true
      try watch(ChildProcess(program))
      logger.info("role started", metadata: .fields([.role: role.rawValue, .process: child?.identifier ?? 0]))
      try open(ours)
      onStart(hasRunBefore)
      hasRunBefore = true
    } catch {
      logger.error("cannot start a role", metadata: .fields([.role: role.rawValue, .cause: error]))
      if child == nil { scheduleRestart(cause: "\(error)") } else { kill() }
    }
  }

  private func watch(_ process: ChildProcess) throws {
    try loop.watch(process.descriptor) { [unowned self] in reap() }
    child = process
    startedAt = SystemClock.now
  }

  private func open(_ end: MessageChannel) throws {
    let channel = try RoleChannel<Outgoing, Incoming>(end, loop: loop, logger: logger)
    channel.onMessage = { [unowned self] message, descriptors in onMessage(message, descriptors) }
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
