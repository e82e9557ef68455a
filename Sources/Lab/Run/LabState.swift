import Foundation

/// What a running lab must remember between two commands.
public struct LabState: Codable, Equatable, Sendable {
  /// How an ISP line was taken down.
  public enum Cut: Codable, Equatable, Sendable, CustomStringConvertible {
    /// The link has no carrier.
    case link
    /// The ISP swallows every packet.
    case silent
    /// The ISP loses so many packets in a hundred, each way.
    case lossy(percent: Int)

    /// What is wrong with the line.
    public var description: String {
      switch self {
      case .link: "no link"
      case .silent: "silent"
      case .lossy(let percent): "loses \(percent) %"
      }
    }
  }

  /// The topology's name.
  public var topology: String
  /// The programs that the lab started, by name: a site for its agent, `controller`, `dhcp-SITE-UPLINK`.
  public var processes: [String: LabProcess] = [:]
  /// The lines that are down, by the namespace of their ISP.
  public var cuts: [String: Cut] = [:]
  /// How often the NAT of a line has forgotten its mappings, by the namespace of its ISP.
  public var rebindings: [String: Int] = [:]

  init(topology: String) { self.topology = topology }

  /// The state of the lab that runs. Throws `LabError.notRunning` where there is none.
  static func load() throws -> LabState {
    guard let data = FileManager.default.contents(atPath: LabFiles.state) else { throw LabError.notRunning }
    return try JSONDecoder().decode(LabState.self, from: data)
  }

  /// Replaces the file in one step, so that a crash leaves the old or the new one.
  func save() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: LabFiles.state), options: .atomic)
  }
}

/// A program that the lab started in one of its namespaces, so that it can be started again.
public struct LabProcess: Codable, Equatable, Sendable {
  /// The namespace that it runs in.
  public var namespace: String
  /// The program.
  public var executable: String
  /// Its arguments.
  public var arguments: [String]
  /// Which process it is now.
  public var identity: ProcessIdentity?

  /// A program that is not started yet.
  public init(namespace: String, executable: String, arguments: [String]) {
    self.namespace = namespace
    self.executable = executable
    self.arguments = arguments
  }
}
