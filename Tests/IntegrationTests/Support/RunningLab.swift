import ControlProtocol
import Foundation
import Lab
import LinuxNetworking
import Testing
import WireFormat

/// A lab that a test has up; whatever the test does, nothing of it is left afterwards.
struct RunningLab {
  /// Brings a topology up, lets `body` use it, and takes it down.
  ///
  /// - Parameters:
  ///   - topology: the path of the topology file.
  ///   - timeout: how long the sites may take.
  static func with(
    _ topology: String, timeout: Int = 120, options: [String] = [],
    _ body: (RunningLab) async throws -> Void
  ) async throws {
    try down()
    do {
      let up = try FabricBinary.run(
        ["lab", "up", topology, "--timeout", "\(timeout)s"] + options, timeout: .seconds(timeout + 60))
      let log = "\(up.output)\n\(up.errorOutput)"
      try #require(up.succeeded, "\(log)\(logs())")
      try await body(RunningLab())
    } catch {
      try down()
      throw error
    }
    try down()
    #expect(leftovers() == [])
  }

  /// Brings up a topology that is given as text.
  static func with(
    text: String, timeout: Int = 120, options: [String] = [],
    _ body: (RunningLab) async throws -> Void
  ) async throws {
    let file = try write(text)
    defer { try? FileManager.default.removeItem(at: file) }
    try await with(file.path, timeout: timeout, options: options, body)
  }

  /// A file of its own for a topology that is given as text.
  private static func write(_ text: String) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("fabric-\(UUID().uuidString).yaml")
    try Data(text.utf8).write(to: file)
    return file
  }

  /// Has the network told what another topology says, and does not wait until it is so.
  func apply(_ text: String) throws {
    let file = try RunningLab.write(text)
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try FabricBinary.run(
      ["apply", file.path, "--yes", "--timeout", "1s", "--controller", LabFiles.controllerSocket])
  }

  static func down() throws {
    let result = try FabricBinary.run(["lab", "down"], timeout: .seconds(60))
    try #require(result.succeeded, "\(result.errorOutput)")
  }

  /// What a lab must not leave behind: namespaces, files, processes.
  static func leftovers() -> [String] {
    func entries(_ directory: String) -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }
    let files = ["/run", "/run/netns", "/run/frr", "/etc/frr"].flatMap { directory in
      entries(directory).filter { ($0 + "-").hasPrefix(LabNames.prefix) }.map { "\(directory)/\($0)" }
    }
    // A lab in a container of its own is seen from here, but none of ours.
    let here = processNamespace("self")
    let processes = entries("/proc").filter { Int32($0) != nil && processNamespace($0) == here }
      .compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
      .filter { $0.contains(LabNames.prefix) }.map { $0.replacingOccurrences(of: "\0", with: " ") }
    return files + processes
  }

  private static func processNamespace(_ process: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")
  }

  /// The ends of all logs, for a test that failed.
  static func logs() -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/fabric-lab/log")) ?? []
    return names.sorted().map { name in
      let text = (try? String(contentsOfFile: "/run/fabric-lab/log/\(name)", encoding: .utf8)) ?? ""
      return "\n== \(name)\n" + text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }.joined()
  }

  /// A `fabric` command that must succeed.
  @discardableResult
  func fabric(_ arguments: String...) throws -> String {
    let result = try FabricBinary.run(arguments)
    try #require(result.succeeded, "fabric \(arguments.joined(separator: " ")): \(result.output)\(result.errorOutput)")
    return result.output
  }

  /// The network's status, converged or not.
  func status() throws -> API.NetworkStatus {
    let result = try FabricBinary.run(["status", "-o", "json", "--controller", LabFiles.controllerSocket])
    return try MessageCoding.decode(API.NetworkStatus.self, from: result.standardOutput)
  }

  /// Whether every LAN host reaches every other.
  func allHostsReachEachOther() throws -> Bool {
    try FabricBinary.run(["lab", "ping"], timeout: .seconds(60)).succeeded
  }

  /// Whether an address answers a host or gateway of the lab within `patience` seconds; `options` are ping(8)'s.
  func ping(
    _ address: String, from name: String, patience: Int = 30, source: String? = nil, options: [String] = []
  ) throws -> Bool {
    let arguments = ["-n", "-q", "-i", "0.2", "-c", "1", "-w", String(patience)] + (source.map { ["-I", $0] } ?? [])
    return try Program("ping", arguments + options + [address], in: namespace(name))
      .runAndCapture(timeout: .seconds(patience + 5)).succeeded
  }

  func namespace(_ name: String) -> NetworkNamespace { NetworkNamespace(LabNames.prefix + name) }

  /// The process that the lab started under a name: a site's supervisor, or `controller`.
  func process(_ name: String) throws -> ProcessIdentity {
    struct Status: Decodable { let lab: LabState }
    let result = try FabricBinary.run(["lab", "status", "-o", "json"])
    let status = try MessageCoding.decode(Status.self, from: result.standardOutput)
    return try #require(status.lab.processes[name]?.identity)
  }

  /// Asks every 200 ms until `condition` holds; fails when it does not within `limit` seconds.
  func eventually(
    _ what: String, within limit: Int, _ condition: () async throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < deadline {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(200))
    }
    Issue.record("not within \(limit) s: \(what)\(RunningLab.logs())", sourceLocation: sourceLocation)
  }
}
