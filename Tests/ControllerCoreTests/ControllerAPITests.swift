import ControlProtocol
import Foundation
import Testing
import Topology

@testable import ControllerCore

@Suite("The API over its unix socket", .timeLimit(.minutes(10)))
struct ControllerAPITests {
  private func with(_ body: (RunningController) async throws -> Void) async throws {
    let controller = try await RunningController()
    do {
      try await body(controller)
    } catch {
      await controller.stop()
      throw error
    }
    await controller.stop()
  }

  @Test("tells its identity, the same as at an enrolment, and nothing of its secret key")
  func identity() async throws {
    try await with { controller in
      let response = try await controller.client.request("GET", "/v1/identity")
      let identity = try response.decode(API.ControllerIdentity.self)
      #expect(CurvePublicKey(identity.publicKey) != nil)
      #expect(!String(decoding: response.body, as: UTF8.self).contains("secret"))
      let key = try CurveKeyPair.generate().publicKey.description
      let body = try MessageCoding.encode(API.Enrolment(publicKey: key))
      let enrolled = try await controller.client.request("PUT", "/v1/sites/berlin/agent", body: body)
      #expect(try enrolled.decode(API.ControllerIdentity.self) == identity)
    }
  }

  @Test("an apply stores a revision, the same text again does not, and a rollback is a new revision")
  func revisions() async throws {
    try await with { controller in
      let client = controller.client
      let first = Network.yaml(spokes: ["berlin"])
      #expect(try await client.status() == API.NetworkStatus(topology: nil, revision: 0, sites: []))
      #expect(try await client.apply(first).revision == 1)
      #expect(try await client.apply(first).revision == 1)
      #expect(try await client.apply(Network.yaml(spokes: ["berlin", "paris"])).revision == 2)
      let rollback = try await client.request("POST", "/v1/revisions/1/rollback").decode(API.Applied.self)
      #expect(rollback.revision == 3)
      let revisions = try await client.request("GET", "/v1/revisions").decode([API.Revision].self)
      #expect(revisions.map(\.origin) == ["rollback to 1", "apply", "apply"])
      #expect(revisions[0].digest == revisions[2].digest)
      #expect(try await client.request("GET", "/v1/revisions/1").body == Data(first.utf8))
      #expect(try await client.status().sites.map(\.site) == ["berlin", "hq"])
    }
  }

  @Test("a plan names what an apply would change, and changes nothing")
  func plan() async throws {
    try await with { controller in
      let client = controller.client
      _ = try await client.apply(Network.yaml(spokes: ["berlin"]))
      let text = Data(Network.yaml(spokes: ["berlin", "paris"]).utf8)
      let plan = try await client.request("POST", "/v1/plan", body: text).decode(API.Plan.self)
      #expect(plan.fromRevision == 1)
      #expect(plan.changes.contains { $0.kind == .add && $0.site == "paris" && $0.tunnel == nil })
      #expect(try await client.status().revision == 1)
    }
  }

  @Test("a faulty topology is answered with every error and its place, and stores nothing")
  func faultyTopology() async throws {
    try await with { controller in
      let text = Network.yaml(spokes: ["berlin"]).replacing("dhGroups", with: "dhGruops")
        .replacing("lifetime: { time", with: "lifetme: { time")
      let response = try await controller.client.request("POST", "/v1/apply?file=wan.yaml", body: Data(text.utf8))
      #expect(response.status == 422)
      let failure = try response.decode(API.Failure.self)
      #expect(failure.details.count >= 2)
      #expect(failure.details.allSatisfy { $0.hasPrefix("wan.yaml:") })
      #expect(try await controller.client.status().revision == 0)
    }
  }

  @Test(
    "what cannot be had is refused with a status and a sentence",
    arguments: [
      ("GET", "/v1/nothing", "", 404), ("GET", "/v1/revisions/9", "", 404), ("GET", "/v1/revisions/x", "", 400),
      ("POST", "/v1/revisions/9/rollback", "", 404), ("PUT", "/v1/sites/paris/agent", "{}", 400),
      ("PUT", "/v1/sites/paris/agent", #"{"publicKey":"short"}"#, 400),
      ("PUT", "/v1/sites/Par%20is/agent", "{\"publicKey\":\"\(String(repeating: "0", count: 40))\"}", 400),
      ("DELETE", "/v1/sites/paris/agent", "", 404), ("POST", "/v1/apply", "\u{0}", 422), ("POST", "/v1/plan", "", 422),
    ])
  func refusals(method: String, path: String, body: String, status: Int) async throws {
    try await with { controller in
      let response = try await controller.client.request(method, path, body: Data(body.utf8))
      #expect(response.status == status)
      #expect(try response.decode(API.Failure.self).message.isEmpty == false)
    }
  }

  @Test("a body above the limit is refused")
  func largeBody() async throws {
    try await with { controller in
      let body = Data(repeating: 0x20, count: MessageCoding.maximumBytes + 1)
      let response = try await controller.client.request("POST", "/v1/apply", body: body)
      #expect(response.status == 413)
    }
  }

  @Test("the socket is its owner's alone, and a second controller does not take it over")
  func socket() async throws {
    try await with { controller in
      let attributes = try FileManager.default.attributesOfItem(atPath: controller.places.socket)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      var places = controller.places
      places.state += "-other"
      #expect(throws: ControlSocket.Failure.self) { try ControllerService(places, logger: silent) }
    }
  }

  @Test("metrics are in the text format of Prometheus")
  func metrics() async throws {
    try await with { controller in
      _ = try await controller.client.apply(Network.yaml(spokes: ["berlin"]))
      let text = String(decoding: try await controller.client.request("GET", "/metrics").body, as: UTF8.self)
      #expect(text.contains("fabric_revision 1\n"))
      #expect(text.contains("fabric_site_connected{site=\"berlin\"} 0\n"))
    }
  }
}
