import AgentCore
import ArgumentParser
import FabricCrypto
import Foundation
import LinuxNetworking
import Logging

/// Times IKE handshakes between two gateways' ike and esp roles, in processes of their own, over a real wire.
///
///     hub: 198.18.0.1 ── wire ── spokes: one address for each of them, all of one ike role
///
/// A handshake is IKE_SA_INIT and IKE_AUTH with a Child SA whose keys are installed at both ends.
@main
struct HandshakeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fabric-handshake-bench",
    abstract: "Sets tunnels up from cold and prints how long that took, as JSON. Must be root.")

  @Option(help: "How many tunnels, each from a spoke with an address of its own.") var tunnels = 1000
  @Option(help: "The key exchange's transform number: 31 is Curve25519, 20 the group of ECP-384.")
  var group = KeyExchangeMethod.curve25519
  @Flag(help: "Set up as many tunnels, one after another, as each line of the standard input says.")
  var oneByOne = false
  @Flag(help: "Have the hub's ike process die when all tunnels are up, and time their return.")
  var restartHub = false
  @Option(help: .hidden) var role: String?

  /// Becomes one of the roles that it has started itself, or times them.
  func run() throws {
    guard let role else { return try time() }
    let logger = AgentLogging.logger(for: role == "ike" ? .ike : .esp)
    switch Role(rawValue: role) {
    case .ike: try IKERole.run(logger: logger)
    case .esp: try ESPRole.run(logger: logger)
    default: throw ValidationError("there is no role '\(role)' here")
    }
  }

  func validate() throws {
    guard (1...Wire.maximumSpokes).contains(tunnels) else {
      throw ValidationError("between 1 and \(Wire.maximumSpokes) tunnels")
    }
  }

  private func time() throws {
    OpenFiles.allowMost()
    let wire = try Wire(spokes: tunnels)
    defer { wire.remove() }
    let measurement = try Measurement(wire: wire, group: group)
    if restartHub { return try report(measurement.runRestarts()) }
    guard oneByOne else { return try report(measurement.run()) }
    let counts = AnyIterator { readLine().flatMap { Int($0) } }
    try measurement.runOneByOne(counts) { try report($0) }
  }

  private func report(_ result: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
    // Whoever asks for more waits for this.
    fflush(nil)
  }
}

extension KeyExchangeMethod: ExpressibleByArgument {}
