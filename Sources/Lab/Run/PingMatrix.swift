import Glibc
import LinuxNetworking
import Topology
import WireFormat

/// Whether every LAN host reaches every other one, tried with real pings.
public struct PingMatrix: Codable, Equatable, Sendable {
  /// One host's attempt to reach another.
  public struct Attempt: Codable, Equatable, Sendable {
    /// The host that pings, as `fabric lab exec` names it.
    public let source: String
    /// The host that should answer.
    public let destination: String
    /// The address that was pinged.
    public let address: IPAddress
    /// Whether an answer came.
    public fileprivate(set) var succeeded = false
  }

  /// All attempts, by source and destination.
  public let attempts: [Attempt]

  /// Whether every host answered every other.
  public var isComplete: Bool { attempts.allSatisfy(\.succeeded) }

  /// Pings between all hosts of different LANs, all at the same time.
  ///
  /// - Parameters:
  ///   - plan: the lab that runs.
  ///   - patience: seconds in which one answer must come.
  public static func run(_ plan: LabPlan, patience: Int = 2) throws -> PingMatrix {
    let hosts = plan.hosts
    let pings = try hosts.flatMap { source in
      try hosts.filter { $0.name != source.name }.flatMap { destination in
        try start(from: source, to: destination, patience: patience)
      }
    }
    let attempts = try pings.map { attempt, ping in
      var attempt = attempt
      attempt.succeeded = try ping.wait(timeout: .seconds(patience + 10)) == .exited(0)
      return attempt
    }
    return PingMatrix(attempts: attempts.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) })
  }

  /// Starts to ping every address of a host that the other one has a family in common with.
  private static func start(
    from source: LabNamespace, to destination: LabNamespace, patience: Int
  ) throws -> [(Attempt, ChildProcess)] {
    let families = Set(source.addresses.map(\.address.address.family))
    let addresses = destination.addresses.map(\.address.address).filter { families.contains($0.family) }
    return try addresses.map { address in
      // With a deadline, ping(8) goes on until so many answers came as -c says.
      var ping = Program(
        "ping", ["-n", "-q", "-i", "0.2", "-c", "1", "-w", String(patience), address.description],
        in: NetworkNamespace(source.name))
      ping.standardOutput = try FileDescriptor(path: "/dev/null", flags: O_WRONLY)
      ping.standardError = ping.standardOutput
      let attempt = Attempt(source: source.shortName, destination: destination.shortName, address: address)
      return (attempt, try ChildProcess(ping))
    }
  }
}

extension LabPlan {
  /// The LAN hosts.
  public var hosts: [LabNamespace] { namespaces.filter(\.isHost) }
}

extension LabNamespace {
  /// The name without the lab's prefix.
  public var shortName: String { String(name.dropFirst(LabNames.prefix.count)) }
}
