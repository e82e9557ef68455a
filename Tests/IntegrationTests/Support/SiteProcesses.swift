import Foundation
import Lab
import LinuxNetworking

extension RunningLab {
  /// The processes in a site's namespace whose command line has the word.
  func processes(_ site: String, _ word: String) throws -> Set<ProcessIdentity> {
    let result = try Program("ip", ["netns", "pids", LabNames.prefix + site]).runAndCapture(timeout: .seconds(5))
    let identifiers = result.output.split(separator: "\n").compactMap { Int32($0) }
    return Set(identifiers.compactMap(ProcessIdentity.init).filter { $0.commandLine.contains(word) })
  }
}

extension ProcessIdentity {
  /// The program and its arguments, with blanks between.
  var commandLine: String {
    let text = try? String(contentsOfFile: "/proc/\(identifier)/cmdline", encoding: .utf8)
    return (text ?? "").replacingOccurrences(of: "\0", with: " ")
  }

  /// A field of the kernel's description of the process, such as `CapEff`.
  func status(_ field: String) -> String? {
    let text = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    return line.map { $0.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}
