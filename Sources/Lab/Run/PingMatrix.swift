import Foundation
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
    public let succeeded: Bool
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
  public static func run(_ plan: LabPlan, patience: Int = 2) async throws -> PingMatrix {
    let hosts = plan.hosts
    return try await withThrowingTaskGroup(of: [Attempt].self) { group in
      for source in hosts {
        group.addTask { try pings(from: source, to: hosts.filter { $0.name != source.name }, patience: patience) }
      }
      var attempts: [Attempt] = []
      for try await some in group { attempts += some }
      return PingMatrix(attempts: attempts.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) })
    }
  }

  private static func pings(
    from source: LabNamespace, to destinations: [LabNamespace], patience: Int
  ) throws -> [Attempt] {
    let families = Set(source.addresses.map(\.address.address.family))
    return try destinations.flatMap { destination in
      try destination.addresses.map(\.address.address).filter { families.contains($0.family) }.map { address in
        // With a deadline, ping(8) goes on until so many answers came as -c says.
        let ping = Program(
          "ping", ["-n", "-q", "-i", "0.2", "-c", "1", "-w", String(patience), address.description],
          in: NetworkNamespace(source.name))
        let result = try ping.runAndCapture(timeout: .seconds(patience + 3))
        return Attempt(
          source: source.shortName, destination: destination.shortName, address: address,
          succeeded: result.succeeded)
      }
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
