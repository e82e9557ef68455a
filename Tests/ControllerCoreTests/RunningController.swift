import ControlProtocol
import Foundation
import Testing
import Topology

@testable import ControllerCore

/// A whole controller in this process: real socket, real database, real CURVE.
struct RunningController {
  let directory: TemporaryDirectory
  let places: ControllerService.Places
  let client: UnixHTTPClient
  let stop: @Sendable () async -> Void

  init() async throws {
    directory = try TemporaryDirectory()
    places = ControllerService.Places(
      state: directory.path + "/state", socket: directory.path + "/run/api.sock", listen: "tcp://127.0.0.1:*")
    client = UnixHTTPClient(path: places.socket)
    let service = try ControllerService(places, logger: silent)
    let group = service.group(handlingSignals: false)
    let serving = Task { try await group.run() }
    stop = {
      await group.triggerGracefulShutdown()
      _ = await serving.result
    }
    try await client.waitUntilAnswered()
  }

  /// Enrols a fresh agent and connects it.
  func agent(_ site: String) async throws -> FakeAgent {
    let keys = try CurveKeyPair.generate()
    let body = try MessageCoding.encode(API.Enrolment(publicKey: keys.publicKey.description))
    let response = try await client.request("PUT", "/v1/sites/\(site)/agent", body: body)
    let controller = try response.decode(API.ControllerIdentity.self)
    let identity = AgentIdentity(
      site: site, controllerEndpoint: controller.endpoint,
      controllerPublicKey: try #require(CurvePublicKey(controller.publicKey)), keys: keys)
    return try await FakeAgent(identity)
  }
}

extension UnixHTTPClient {
  /// Returns once the controller answers; throws after ten seconds.
  func waitUntilAnswered() async throws {
    for _ in 0..<1000 {
      if let response = try? await request("GET", "/v1/version"), response.status == 200 { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Unreachable()
  }

  func apply(_ text: String) async throws -> API.Applied {
    try await request("POST", "/v1/apply", body: Data(text.utf8)).decode(API.Applied.self)
  }

  func status() async throws -> API.NetworkStatus {
    try await request("GET", "/v1/status").decode(API.NetworkStatus.self)
  }
}

/// An agent that connects and says hello, and nothing on its own after that.
final class FakeAgent {
  let site: String
  let channel: ControllerChannel

  init(_ identity: AgentIdentity, revision: Int = 0) async throws {
    site = identity.site
    channel = try ControllerChannel(identity: identity)
    #expect(try await next { $0 == .connected } != nil)
    try channel.send(.hello(site: site, version: "test", revision: revision))
  }

  /// The first event that satisfies `condition`; nil after ten seconds.
  func next(where condition: (ControllerChannel.Event) -> Bool) async throws -> ControllerChannel.Event? {
    for _ in 0..<1000 {
      while let event = try channel.receive() { if condition(event) { return event } }
      try await Task.sleep(for: .milliseconds(10))
    }
    return nil
  }

  /// The next message from the controller.
  func message() async throws -> ControllerMessage? {
    guard case .message(let message) = try await next(where: { if case .message = $0 { true } else { false } }) else {
      return nil
    }
    return message
  }

  /// The next message, which should be a configuration.
  func configuration() async throws -> SiteConfiguration {
    guard case .configuration(let configuration) = try #require(try await message()) else {
      throw UnixHTTPClient.Unreachable()
    }
    return configuration
  }
}

/// A hub and its spokes, as a topology file.
enum Network {
  static func yaml(spokes: [String], lifetime: String = "3600s") -> String {
    let spokeLines = spokes.enumerated().map { index, name in
      """
        \(name):
          role: spoke
          loopback: 10.255.0.\(index + 11)
          lans: [{ interface: lan0, address: 10.\(index + 1).0.1/24 }]
          uplinks: [{ name: dsl, interface: wan0, address: dhcp, behindNAT: true }]
      """
    }
    return """
      apiVersion: fabric/v1
      kind: Topology
      metadata: { name: acme }
      profiles:
        ike:
          strong:
            encryption: [aes256gcm16]
            prf: [sha384]
            dhGroups: [ecp384]
            lifetime: 86400s
            dpd: { interval: 10s }
        ipsec:
          strong:
            transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: true }
            pfs: ecp384
            lifetime: { time: \(lifetime) }
      defaults: { ike: strong, ipsec: strong, authentication: psk, encapsulation: udp }
      sites:
        hq:
          role: hub
          loopback: 10.255.0.1
          lans: [{ interface: lan0, address: 10.0.0.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 203.0.113.1/24, gateway: 203.0.113.254 }]
      \(spokeLines.joined(separator: "\n"))
      overlay:
        shape: hub-and-spoke
        tunnels: { addressing: unnumbered }
        routing: { protocol: static }

      """
  }
}
