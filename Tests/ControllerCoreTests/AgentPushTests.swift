import ControlProtocol
import Foundation
import Testing
import Topology

@testable import ControllerCore

@Suite("Agents over real CURVE sockets", .timeLimit(.minutes(10)))
struct AgentPushTests {
  @Test("each agent gets its own part, with the secrets of its own tunnels and no others")
  func ownPartOnly() async throws {
    let controller = try await RunningController()
    let berlin = try await controller.agent("berlin")
    let paris = try await controller.agent("paris")
    let hq = try await controller.agent("hq")
    _ = try await controller.client.apply(Network.yaml(spokes: ["berlin", "paris"]))
    let parts = [
      try await berlin.configuration(), try await paris.configuration(), try await hq.configuration(),
    ]
    #expect(parts.map(\.site) == ["berlin", "paris", "hq"])
    let secrets = parts.map { Set($0.tunnels.compactMap(\.authentication.presharedKey?.bytes)) }
    #expect(secrets.map(\.count) == [1, 1, 2])
    #expect(secrets[0].isDisjoint(with: secrets[1]), "each pair of sites has a key of its own")
    #expect(secrets[0].union(secrets[1]) == secrets[2], "both ends of a pair have the same key")
    #expect(secrets[2].allSatisfy { $0.count == 32 })
    await controller.stop()
  }

  @Test("keys and interfaces of a pair stay over later revisions, and a removed site is told to retire")
  func laterRevisions() async throws {
    let controller = try await RunningController()
    _ = try await controller.client.apply(Network.yaml(spokes: ["berlin", "paris"]))
    let berlin = try await controller.agent("berlin")
    let paris = try await controller.agent("paris")
    let first = try await berlin.configuration()
    _ = try await paris.configuration()
    _ = try await controller.client.apply(Network.yaml(spokes: ["berlin"], lifetime: "1800s"))
    let second = try await berlin.configuration()
    #expect(second.revision == 2)
    #expect(second.tunnels.map(\.authentication) == first.tunnels.map(\.authentication))
    #expect(second.tunnels.map(\.interface) == first.tunnels.map(\.interface))
    #expect(second.tunnels.map(\.ipsec.lifetimeSeconds) == [1800])
    #expect(try await paris.message() == .retire(revision: 2))
    await controller.stop()
  }

  @Test("a site that reports everything up has converged; a revoked one is gone at once")
  func convergence() async throws {
    let controller = try await RunningController()
    _ = try await controller.client.apply(Network.yaml(spokes: ["berlin"]))
    let berlin = try await controller.agent("berlin")
    let configuration = try await berlin.configuration()
    try berlin.channel.send(.accepted(revision: 1))
    try berlin.channel.send(.status(Sample.status(of: configuration, at: Date())))
    #expect(try await eventually(controller) { $0.isConverged })
    #expect(try await controller.client.request("DELETE", "/v1/sites/berlin/agent").status == 204)
    try berlin.channel.send(.status(Sample.status(of: configuration, at: Date())))
    #expect(try await eventually(controller) { !$0.isConnected && !$0.isConverged })
    await controller.stop()
  }

  @Test("a key that belongs to one site cannot be enrolled for another")
  func keyInUse() async throws {
    let controller = try await RunningController()
    let body = try MessageCoding.encode(API.Enrolment(publicKey: try CurveKeyPair.generate().publicKey.description))
    #expect(try await controller.client.request("PUT", "/v1/sites/paris/agent", body: body).status == 200)
    #expect(try await controller.client.request("PUT", "/v1/sites/paris/agent", body: body).status == 200)
    #expect(try await controller.client.request("PUT", "/v1/sites/berlin/agent", body: body).status == 409)
    await controller.stop()
  }

  /// Waits until Berlin's state satisfies `condition`.
  private func eventually(
    _ controller: RunningController, _ condition: (API.SiteState) -> Bool
  ) async throws -> Bool {
    for _ in 0..<500 {
      let status = try await controller.client.status()
      if let berlin = status.sites.first(where: { $0.site == "berlin" }), condition(berlin) { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }
}
