import Foundation
import LinuxNetworking

/// A process for good: its id and when it started, because ids are used again.
public struct ProcessIdentity: Codable, Hashable, Sendable {
  /// The process id.
  public let identifier: Int32
  /// When it started, in the kernel's ticks since boot.
  public let startTime: UInt64

  /// The process of that id now; nil if there is none, or only its exit status is left.
  public init?(_ identifier: Int32) {
    // proc(5): the second field is the name in parentheses and may hold anything; then the state is field 3 and the
    // start time field 22.
    guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let startTime = UInt64(fields[19]) else { return nil }
    self.identifier = identifier
    self.startTime = startTime
  }

  /// Whether it still runs.
  public var isRunning: Bool { ProcessIdentity(identifier) == self }

  /// Sends a signal, unless the process is gone.
  public func signal(_ number: Int32) {
    if isRunning { kill(identifier, number) }
  }

  /// All processes that have a thread in one of the namespaces.
  static func inside(_ namespaces: [NetworkNamespace]) -> [ProcessIdentity] {
    let links = Set(namespaces.compactMap(\.link))
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { process in
      guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net") else {
        return false
      }
      return links.contains(link)
    }.compactMap(ProcessIdentity.init)
  }

  /// Ends processes: asks, and after `patience` insists.
  ///
  /// - Parameters:
  ///   - find: the processes that still run; asked again and again, because they may start others.
  ///   - patience: how long they may take to end by themselves.
  static func end(patience: Duration = .seconds(8), _ find: () -> [ProcessIdentity]) throws {
    for process in find() { process.signal(SIGTERM) }
    let asked = SystemClock.now
    while true {
      let left = find()
      if left.isEmpty { return }
      let waited = asked.duration(to: SystemClock.now)
      if waited > patience { for process in left { process.signal(SIGKILL) } }
      if waited > patience + .seconds(5) { throw LabError.unkillable(left.map(\.identifier)) }
      usleep(20_000)
    }
  }
}

extension NetworkNamespace {
  /// How `/proc/PID/ns/net` of a process inside reads.
  fileprivate var link: String? {
    var status = stat()
    return stat(path, &status) == 0 ? "net:[\(status.st_ino)]" : nil
  }

  /// Every namespace of the lab that exists.
  static var ofLab: [NetworkNamespace] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    return names.filter { $0.hasPrefix(LabNames.prefix) }.sorted().map { NetworkNamespace($0) }
  }
}
