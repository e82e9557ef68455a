import Foundation

/// Where a running lab keeps its files; all of it is gone after `fabric lab down`.
public enum LabFiles {
  /// The directory that says, by being there, that a lab runs.
  public static let directory = "/run/fabric-lab"
  /// The topology as it was given.
  public static let topology = directory + "/topology.yaml"
  /// The controller's database and keys.
  public static let controllerState = directory + "/controller"
  /// The unix socket of the controller's API.
  public static let controllerSocket = directory + "/controller.sock"

  static let state = directory + "/state.json"
  static let logs = directory + "/log"

  /// The log of a process of the lab.
  public static func log(of process: String) -> String { "\(logs)/\(process).log" }

  /// Where a site's agent keeps its configuration and keys.
  public static func agentState(_ site: String) -> String { "\(directory)/agent/\(site)" }

  /// Claims the directory. Throws when a lab runs already.
  static func create() throws {
    guard mkdir(directory, 0o755) == 0 else {
      throw errno == EEXIST ? LabError.runsAlready : LabError.system("make \(directory)", errno)
    }
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
  }

  /// Removes everything that the lab or a program of it has written, whatever there is of it.
  static func remove() throws {
    let files = FileManager.default
    var paths = files.fileExists(atPath: directory) ? [directory] : []
    for parent in routingDaemonDirectories {
      let names = (try? files.contentsOfDirectory(atPath: parent)) ?? []
      paths += names.filter { $0.hasPrefix(LabNames.prefix) }.map { "\(parent)/\($0)" }
    }
    for path in paths { try files.removeItem(atPath: path) }
  }

  /// Where FRR keeps the configuration, sockets and process ids of each of its instances.
  private static let routingDaemonDirectories = ["/etc/frr", "/run/frr"]
}
