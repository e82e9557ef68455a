import Foundation
import Glibc
import LinuxNetworking
import WireFormat

/// What a DHCP client tells its script (udhcpc(8)): the agent is its own script, so that no shell is involved.
///
/// The client runs `fabric-dhcp-event EVENT`, a link to the agent's executable, with the lease in the environment; the
/// event goes as one line of JSON to standard output, a pipe that the link role reads.
public struct DHCPEvent: Codable, Equatable, Sendable {
  /// The name under which the agent's executable is the client's script.
  static let scriptName = "fabric-dhcp-event"

  /// `bound`, `renew`, `deconfig`, `leasefail` or `nak`.
  var event: String
  /// What the server leased, with `bound` and `renew`.
  var lease: UplinkAddress?

  /// An event.
  init(event: String, lease: UplinkAddress?) {
    self.event = event
    self.lease = lease
  }

  /// The event that this process was started to forward; nil if it was started for something else.
  public init?(commandLine: [String]) {
    guard let program = commandLine.first, program.split(separator: "/").last == Substring(DHCPEvent.scriptName),
      commandLine.count > 1
    else { return nil }
    self.init(event: commandLine[1], environment: Program.currentEnvironment)
  }

  /// Reads the variables that udhcpc sets: `ip`, `mask` (a prefix length) and `router` (several, the best first).
  init(event: String, environment: [String: String]) {
    self.event = event
    guard let address = environment["ip"].flatMap({ IPAddress($0) }),
      let interface = InterfaceAddress(address, length: environment["mask"].flatMap { Int($0) } ?? 24)
    else { return }
    let router = environment["router"]?.split(separator: " ").first.flatMap { IPAddress(String($0)) }
    lease = UplinkAddress(address: interface, gateway: router)
  }

  /// Hands the event to the link role.
  public func forward() {
    guard let json = try? JSONEncoder().encode(self) else { return }
    FileHandle.standardOutput.write(json + Data("\n".utf8))
  }
}
