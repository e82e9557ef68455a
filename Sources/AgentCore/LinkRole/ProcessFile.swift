import Foundation
import Glibc
import LinuxNetworking

/// A file that holds the process id of a daemon, which may outlive the process that started it.
struct ProcessFile {
  /// The file.
  var path: String
  /// The daemon's executable, without directories.
  var program: String

  /// The daemon's process id; nil if it does not run. An id that another program has got since does not count.
  var runningProcess: pid_t? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1,
      let bytes = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline")),
      let executable = bytes.split(separator: 0).first
    else { return nil }
    return String(decoding: executable, as: UTF8.self).split(separator: "/").last.map(String.init) == program
      ? process : nil
  }

  /// Asks the daemon to end and waits for at most two seconds, then ends it.
  func terminate() {
    guard let process = runningProcess else { return }
    Glibc.kill(process, SIGTERM)
    for _ in 0..<200 where runningProcess != nil { usleep(10_000) }
    if runningProcess != nil { kill() }
  }
  /// Ends the daemon at once.
  func kill() {
    if let process = runningProcess { Glibc.kill(process, SIGKILL) }
  }
}
