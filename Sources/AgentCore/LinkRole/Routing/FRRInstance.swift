import Foundation
import Glibc
import LinuxNetworking
import Logging
import Routing
import WireFormat

/// One gateway's own set of FRR daemons, set apart from others on the machine by its path space (`-N NAME`).
///
/// The daemons outlive the link role: a new one finds them by their pid files and takes them on as they are.
final class FRRInstance {
  /// What FRR says against a configuration, or why a daemon does not run, one sentence each.
  private(set) var faults: [String] = []
  /// Called when `faults` may have changed or a configuration is in force.
  var onChange: () -> Void = {}

  private let name: String
  private let loop: EventLoop
  private let logger: Logger
  private var daemons: [String] = []
  private var wanted = ""
  private var wantedEIGRP: String?
  /// The text that the daemons run; nil when it is not known, as one of them is new.
  private var applied: String?
  private var refusal = RefusedConfiguration()
  private var eigrpRefusals = RestartPolicy()
  /// When eigrpd may be started again, after it did not take its configuration.
  private var eigrpDue = Instant.zero
  private var isApplying = false

  /// The instance of that name; nothing is started yet.
  init(name: String, loop: EventLoop, logger: Logger) {
    self.name = name
    self.loop = loop
    self.logger = logger
  }

  /// Whether the daemons run the configuration that was asked for last.
  var isSettled: Bool { !isApplying && applied == wanted }

  /// Wants the configuration's daemons to run with it.
  func run(_ configuration: FRRConfiguration) {
    let daemons = configuration.daemons.map(\.rawValue)
    for obsolete in self.daemons where !daemons.contains(obsolete) { end(obsolete) }
    self.daemons = daemons
    wanted = configuration.text
    wantedEIGRP = configuration.eigrp
    watch()
  }

  /// Starts what does not run, and gives the configuration to daemons that do not have it.
  func watch() {
    var faults: [String] = []
    // Not while a reload is under way: it would take back what eigrpd has got since it began.
    if !isApplying { endOutdatedEIGRP() }
    for daemon in daemons where !isRunning(daemon) && mayStart(daemon) {
      applied = nil
      do {
        try start(daemon)
      } catch {
        faults.append("\(daemon) does not start: \(error)")
      }
    }
    if !faults.isEmpty { self.faults = faults }
    guard daemons.allSatisfy(isRunning), applied != wanted, !isApplying else { return }
    if refusal.permits(wanted, now: SystemClock.now) { apply() }
  }

  private func mayStart(_ daemon: String) -> Bool {
    daemon != FRRDaemon.eigrpd.rawValue || (!isApplying && SystemClock.now >= eigrpDue)
  }

  /// Ends eigrpd, for `watch` to start it anew.
  func restartEIGRP(because cause: String) {
    let daemon = FRRDaemon.eigrpd.rawValue
    logger.notice("routing daemon is started anew", metadata: .fields([.program: daemon, .cause: cause]))
    end(daemon)
  }

  /// Ends the daemons, those first that were started last.
  func stop() {
    for daemon in daemons.reversed() { end(daemon) }
    daemons = []
  }

  /// Removes the instance's directories.
  func removeFiles() {
    for directory in [configurationDirectory, runDirectory] { try? FileManager.default.removeItem(atPath: directory) }
  }

  /// Asks the daemons something, all answers in one text; `answer` is nil if they cannot be asked.
  func ask(_ questions: [FRRQuestion], answer: @escaping (String?) -> Void) {
    do {
      let program = Program("vtysh", ["-N", name] + questions.flatMap { ["-c", $0.rawValue] })
      try BackgroundProgram.start(program, on: loop, timeout: .seconds(5)) { outcome in
        answer(outcome.succeeded ? outcome.output : nil)
      }
    } catch {
      answer(nil)
    }
  }

  private var configurationDirectory: String { "/etc/frr/\(name)" }
  private var runDirectory: String { "/var/run/frr/\(name)" }

  private func file(of daemon: String) -> ProcessFile {
    ProcessFile(path: "\(runDirectory)/\(daemon).pid", program: daemon)
  }

  private func isRunning(_ daemon: String) -> Bool { file(of: daemon).runningProcess != nil }

  private func end(_ daemon: String) {
    // A goodbye would leave routes through a neighbour that is gone in the peer's eigrpd (FRR 8.4).
    if daemon == FRRDaemon.eigrpd.rawValue { file(of: daemon).kill() } else { file(of: daemon).terminate() }
  }

  private func start(_ daemon: String) throws {
    try makeDirectories()
    // -d returns once the daemon is ready; -P 0: no telnet port, the command socket is enough.
    var arguments = ["-d", "-N", name, "-P", "0"]
    // A new zebra leaves the kernel the routes of the one that died for as many seconds as the daemons need to find it.
    if daemon == FRRDaemon.zebra.rawValue { arguments += ["-K", "30"] }
    try Program("/usr/lib/frr/\(daemon)", arguments).run()
    if daemon == FRRDaemon.eigrpd.rawValue { try configureEIGRP() }
    logger.info("routing daemon started", metadata: .fields([.program: daemon]))
  }

  // MARK: eigrpd

  /// What the running eigrpd was given at its start, by whichever link role.
  private var startedEIGRPPath: String { configurationDirectory + "/eigrpd.started" }

  /// Gives a new eigrpd all of its configuration in one piece.
  ///
  /// eigrpd of FRR 8.4 loses track of its neighbours when an interface's settings change after it has met them, and
  /// refuses settings of interfaces whose address zebra has not told it yet. One that has got only a part is ended, and a
  /// new one is tried later.
  private func configureEIGRP() throws {
    guard let wantedEIGRP else { return }
    try DurableFile.write(Array(wantedEIGRP.utf8), to: startedEIGRPPath)
    let daemon = FRRDaemon.eigrpd.rawValue
    let program = Program("vtysh", ["-N", name, "-d", daemon, "-f", startedEIGRPPath])
    let result = try program.runAndCapture(timeout: .seconds(10))
    // vtysh exits with 0 also when a line was refused, but is silent only when none was.
    let complaint = result.output + result.errorOutput
    guard result.succeeded, complaint.isEmpty else {
      logger.notice(
        "routing daemon refuses its configuration", metadata: .fields([.program: daemon, .cause: complaint]))
      end(daemon)
      eigrpDue = SystemClock.now.advanced(by: eigrpRefusals.died(afterRunning: .zero))
      throw EIGRPConfigurationRefused(complaint: complaint)
    }
    eigrpRefusals = RestartPolicy()
  }

  /// Ends an eigrpd that was started with another configuration or knows interfaces that have been replaced since.
  private func endOutdatedEIGRP() {
    guard let wantedEIGRP, isRunning(FRRDaemon.eigrpd.rawValue) else { return }
    let started = try? String(contentsOfFile: startedEIGRPPath, encoding: .utf8)
    if started != wantedEIGRP { restartEIGRP(because: "its configuration or its interfaces have changed") }
  }

  // MARK: The configuration

  /// FRR runs as user frr and makes its files in directories that must be there.
  private func makeDirectories() throws {
    guard let user = getpwnam("frr") else { throw FRRMissing() }
    for directory in [configurationDirectory, runDirectory] where access(directory, F_OK) != 0 {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      guard chown(directory, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
        throw LinuxError("chown \(directory)")
      }
    }
    // vtysh asks for it, whatever it holds.
    let shellConfiguration = configurationDirectory + "/vtysh.conf"
    if access(shellConfiguration, F_OK) != 0 { try Data().write(to: URL(filePath: shellConfiguration)) }
  }

  /// Hands the whole configuration to frr-reload.py, which checks it first and then sends the daemons only what differs:
  /// a line that FRR does not understand leaves the running configuration as it is.
  private func apply() {
    let text = wanted
    let path = configurationDirectory + "/wanted.conf"
    do {
      try DurableFile.write(Array(text.utf8), to: path)
      let program = Program("/usr/lib/frr/frr-reload.py", ["--reload", "--stdout", "--pathspace", name, path])
      isApplying = true
      try BackgroundProgram.start(program, on: loop) { [weak self] outcome in self?.applied(text, outcome) }
    } catch {
      isApplying = false
      faults = ["frr-reload cannot be run: \(error)"]
    }
  }

  private func applied(_ text: String, _ outcome: BackgroundProgram.Outcome) {
    guard outcome.succeeded else {
      return settle(text, faults: FRRInstance.refusals(in: outcome.output + outcome.errorOutput))
    }
    do {
      let program = Program("vtysh", ["-N", name, "-c", RunningConfiguration.question])
      try BackgroundProgram.start(program, on: loop, timeout: .seconds(10)) { [weak self] outcome in
        self?.readBack(text, outcome)
      }
    } catch {
      settle(text, faults: ["FRR cannot be asked what it runs: \(error)"])
    }
  }

  /// Holds what the daemons really run against what they were told.
  private func readBack(_ text: String, _ outcome: BackgroundProgram.Outcome) {
    let faults =
      outcome.succeeded
      ? RunningConfiguration(outcome.output).faults(wanted: text) : ["FRR does not tell what it runs"]
    settle(text, faults: faults)
  }

  /// The end of a reload.
  private func settle(_ text: String, faults: [String]) {
    isApplying = false
    self.faults = faults
    if faults.isEmpty {
      applied = text
      refusal.clear()
      logger.info("routing configuration in force")
    } else {
      refusal.record(text, now: SystemClock.now)
      logger.error("FRR does not run the configuration", metadata: .fields([.cause: faults]))
    }
    onChange()
    watch()
  }

  /// The lines that FRR did not understand: `line 17: % Unknown command: …`.
  static func refusals(in output: String) -> [String] {
    let lines = output.replacing("\\n", with: "\n").split(separator: "\n").map(String.init)
    let refusals = lines.filter { $0.hasPrefix("line ") || $0.contains("% Unknown") || $0.contains("% Invalid") }
    return refusals.isEmpty
      ? [
        "FRR refuses the routing configuration: \(lines.last.map(RunningConfiguration.withoutKey) ?? "it gives no reason")"
      ]
      : refusals.map { "FRR refuses \(RunningConfiguration.withoutKey($0))" }
  }
}

/// eigrpd did not take its configuration; `complaint` is what vtysh wrote.
struct EIGRPConfigurationRefused: Error, CustomStringConvertible {
  let complaint: String

  var description: String {
    complaint.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}

/// FRR is not installed.
struct FRRMissing: Error, CustomStringConvertible {
  var description: String { "there is no user frr: is the package frr installed?" }
}
