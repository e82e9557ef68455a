import ControlProtocol
import Foundation
import Testing
import Topology

@testable import ControllerCore

@Suite("The controller's process", .timeLimit(.minutes(10)))
struct ControllerProcessTests {
  private let directory: TemporaryDirectory
  private let client: UnixHTTPClient

  init() throws {
    directory = try TemporaryDirectory()
    client = UnixHTTPClient(path: directory.path + "/api.sock")
  }

  /// A process that does not outlive its test.
  private final class Program {
    let process = Process()

    func kill() {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
  }

  /// Starts the program that was built along with the tests.
  private func start() async throws -> Program {
    let program = Program()
    let process = program.process
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let programs = URL(fileURLWithPath: executable).deletingLastPathComponent()
    process.executableURL = programs.appending(path: "fabric-controller")
    process.arguments = [
      "run", "--state", directory.path + "/state", "--socket", client.path, "--listen",
      "ipc://\(directory.path)/agents.sock", "--log-level", "critical",
    ]
    try process.run()
    try await client.waitUntilAnswered()
    return program
  }

  @Test("a controller killed right after an apply comes back with the revision, its secrets and its agents")
  func killedController() async throws {
    var program = try await start()
    let applied = try await client.apply(Network.yaml(spokes: ["berlin"]))
    let keys = try CurveKeyPair.generate()
    let body = try MessageCoding.encode(API.Enrolment(publicKey: keys.publicKey.description))
    let identity = try await client.request("PUT", "/v1/sites/berlin/agent", body: body)
      .decode(API.ControllerIdentity.self)
    program.kill()

    program = try await start()
    let status = try await client.status()
    #expect(status.revision == applied.revision)
    #expect(status.sites.map(\.site) == ["berlin", "hq"])
    let agentIdentity = AgentIdentity(
      site: "berlin", controllerEndpoint: identity.endpoint,
      controllerPublicKey: try #require(CurvePublicKey(identity.publicKey)), keys: keys)
    let agent = try await FakeAgent(agentIdentity)
    let before = try await agent.configuration()

    // The agent's connection survives the controller: it is there again by itself, and says hello again.
    program.kill()
    program = try await start()
    #expect(try await agent.next { $0 == .connected } != nil)
    try agent.channel.send(.hello(site: "berlin", version: "test", revision: 0))
    #expect(try await agent.configuration() == before)
    program.kill()
  }

  @Test("applies cut short by kill -9 leave a revision whole or not at all")
  func killedWhileApplying() async throws {
    var program = try await start()
    var stored = 0
    for round in 1...5 {
      let text = Network.yaml(spokes: (1...20).map { "site\($0)" }, lifetime: "\(3600 + round)s")
      let applying = Task { [client] in try? await client.apply(text).revision }
      try await Task.sleep(for: .milliseconds(round * 15))
      program.kill()
      let acknowledged = await applying.value
      program = try await start()
      let status = try await client.status()
      #expect(status.revision >= acknowledged ?? stored, "what was acknowledged is there")
      stored = status.revision
      #expect(status.sites.count == (stored == 0 ? 0 : 21), "a revision is there with all its sites")
      let revisions = try await client.request("GET", "/v1/revisions").decode([API.Revision].self)
      #expect(revisions.count == stored)
    }
    program.kill()
  }

  @Test("SIGTERM ends the controller in good order")
  func terminated() async throws {
    let program = try await start()
    let process = program.process
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(process.terminationReason == .exit)
  }
}
