import Foundation
import Glibc
import Testing

/// Where a third party's IKE daemon runs, as root and with a `/run` of its own.
protocol PeerMachine: Sendable {
  /// The directory on this machine that is `/run/shared` there.
  var directory: String { get }
  /// Whether ESP is the kernel's there, so that the daemon needs none of its own.
  var hasKernelESP: Bool { get }
  /// Runs a command line of its shell and returns what it prints. Throws unless the command succeeds.
  @discardableResult
  func run(_ command: String) throws -> String
  /// Ends the machine with everything that runs on it.
  func stop() throws
}

extension PeerMachine {
  /// Puts a file for the daemon, who alone may read it, into `/run/shared`.
  func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

  func write(_ data: Data, to name: String) throws {
    let path = "\(directory)/\(name)"
    try data.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  /// Starts a daemon, with `/run/shared/log` for what it writes.
  func start(_ command: String) throws { try run("\(command) </dev/null >>/run/shared/log 2>&1 &") }

  /// Waits until the daemon has written some words, two minutes at most: several machines may start at once.
  func wait(forLog words: String) throws {
    for _ in 0..<600 where !log.contains(words) { usleep(200_000) }
    try #require(log.contains(words), "\(endOfLog)")
  }

  /// What its daemon has written.
  var log: String { (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "" }

  /// The end of the log, for a test that failed.
  var endOfLog: String { "\n== \(directory)\n" + log.split(separator: "\n").suffix(25).joined(separator: "\n") }
}
