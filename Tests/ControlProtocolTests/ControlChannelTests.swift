import CZeroMQ
import Foundation
import Synchronization
import Testing
import Topology

@testable import ControlProtocol

/// A registry that remembers what it was told.
final class RecordingRegistry: AgentRegistry {
  struct State {
    var enrolled: [CurvePublicKey: String] = [:]
    var received: [AgentMessage] = []
    var drops: [AgentListener.Drop] = []
    var answer: [ControllerMessage] = []
  }

  let state = Mutex(State())

  func enrol(_ key: CurvePublicKey, for site: String?) { state.withLock { $0.enrolled[key] = site } }
  var received: [AgentMessage] { state.withLock { $0.received } }
  var drops: [AgentListener.Drop] { state.withLock { $0.drops } }

  func site(enrolledWith key: CurvePublicKey) -> String? { state.withLock { $0.enrolled[key] } }
  func received(_ message: AgentMessage, from site: String) -> [ControllerMessage] {
    state.withLock {
      $0.received.append(message)
      return $0.answer
    }
  }
  func dropped(_ drop: AgentListener.Drop) { state.withLock { $0.drops.append(drop) } }
  func disconnected(_ site: String) {}
}

/// A listener on a port of the system's choice, and agents that connect to it.
struct ChannelFixture {
  let registry = RecordingRegistry()
  let controllerKeys: CurveKeyPair
  let listener: AgentListener
  let serving: Task<Void, any Error>

  init() throws {
    let keys = try CurveKeyPair.generate()
    let listener = try AgentListener(endpoint: "tcp://127.0.0.1:*", keys: keys, registry: registry)
    controllerKeys = keys
    self.listener = listener
    serving = Task { try await listener.run() }
  }

  func identity(_ site: String, enrolled: Bool = true) throws -> AgentIdentity {
    let keys = try CurveKeyPair.generate()
    if enrolled { registry.enrol(keys.publicKey, for: site) }
    return AgentIdentity(
      site: site, controllerEndpoint: listener.endpoint, controllerPublicKey: controllerKeys.publicKey, keys: keys)
  }
}

/// Takes events until one satisfies `condition`; nil after ten seconds.
func event(
  of channel: ControllerChannel, where condition: (ControllerChannel.Event) -> Bool
) async throws -> ControllerChannel.Event? {
  for _ in 0..<6000 {
    while let event = try channel.receive() { if condition(event) { return event } }
    try await Task.sleep(for: .milliseconds(10))
  }
  return nil
}

/// Waits until `condition` holds; false after ten seconds.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
  for _ in 0..<6000 {
    if try condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return false
}

@Suite("The control channel over real CURVE sockets", .timeLimit(.minutes(10)))
struct ControlChannelTests {
  private static let hello = AgentMessage.hello(site: "paris", version: "1", revision: 0)

  @Test("an enrolled agent is heard and answered on its own connection")
  func enrolledAgentIsAnswered() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    fixture.registry.state.withLock { $0.answer = [.retire(revision: 7)] }
    let channel = try ControllerChannel(identity: try fixture.identity("paris"))
    #expect(try channel.send(Self.hello) == false, "nothing is queued before the handshake")
    #expect(try await event(of: channel) { $0 == .connected } != nil)
    #expect(try channel.send(Self.hello))
    #expect(try await event(of: channel) { $0 == .message(.retire(revision: 7)) } != nil)
    #expect(fixture.registry.received == [Self.hello])
  }

  @Test("an agent whose key is not enrolled is refused at the handshake, and let in once it is enrolled")
  func unknownKeyIsRefused() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let identity = try fixture.identity("paris", enrolled: false)
    let channel = try ControllerChannel(identity: identity)
    #expect(try await event(of: channel) { $0 == .refused } != nil)
    // On a busy machine the first handshake may run out of time instead: the agent tries again.
    let isRefusedForItsKey = try await eventually {
      try channel.send(Self.hello)
      while try channel.receive() != nil {}
      return fixture.registry.drops.contains(.keyNotEnrolled(identity.keys.publicKey))
    }
    #expect(isRefusedForItsKey)
    #expect(fixture.registry.received.isEmpty)

    fixture.registry.enrol(identity.keys.publicKey, for: "paris")
    let isHeard = try await eventually {
      try channel.send(Self.hello)
      while try channel.receive() != nil {}
      return !fixture.registry.received.isEmpty
    }
    #expect(isHeard)
  }

  @Test("an agent does not talk to a controller with another key than its identity file says")
  func wrongControllerIsRefused() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let good = try fixture.identity("paris")
    let channel = try ControllerChannel(
      identity: AgentIdentity(
        site: "paris", controllerEndpoint: good.controllerEndpoint,
        controllerPublicKey: try CurveKeyPair.generate().publicKey, keys: good.keys))
    try await Task.sleep(for: .milliseconds(300))
    #expect(try await event(of: channel) { $0 == .refused || $0 == .connected } != .connected)
    #expect(try channel.send(Self.hello) == false)
    #expect(fixture.registry.received.isEmpty)
  }

  @Test("a message that claims another site than the key's is dropped")
  func otherSiteIsRefused() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let channel = try ControllerChannel(identity: try fixture.identity("berlin"))
    _ = try await event(of: channel) { $0 == .connected }
    try channel.send(Self.hello)
    #expect(
      try await eventually { fixture.registry.drops.contains(.otherSite(site: "berlin", claimed: "paris")) })
    #expect(fixture.registry.received.isEmpty)
  }

  @Test("a key revoked in the middle of a session is neither heard nor answered any more")
  func revocationCutsTheSession() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let identity = try fixture.identity("paris")
    let channel = try ControllerChannel(identity: identity)
    _ = try await event(of: channel) { $0 == .connected }
    try channel.send(Self.hello)
    #expect(try await eventually { fixture.registry.received.count == 1 })
    fixture.registry.enrol(identity.keys.publicKey, for: nil)
    fixture.listener.send(.retire(revision: 1), to: "paris")
    #expect(try await eventually { fixture.registry.drops == [.keyRevoked] })
    try channel.send(Self.hello)
    #expect(try await eventually { fixture.registry.drops == [.keyRevoked, .keyRevoked] })
    #expect(fixture.registry.received.count == 1)
    #expect(try channel.receive() == nil)
  }

  @Test("a message that is no JSON, or has too many frames, is a counted drop, and the session goes on")
  func malformedMessagesAreDropped() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let identity = try fixture.identity("paris")
    let socket = try rawAgent(identity)
    #expect(try await eventually { try socket.send([Array("{]".utf8)]) })
    _ = try socket.send([[UInt8]](repeating: [1], count: 40))
    _ = try socket.send([Array(#"{"hello":{"site":1}}"#.utf8)])
    _ = try socket.send([[UInt8](try MessageCoding.encode(Self.hello))])
    #expect(try await eventually { fixture.registry.received == [Self.hello] })
    #expect(
      fixture.registry.drops == [
        .malformed(site: "paris", reason: "is malformed"), .malformed(site: "paris", reason: "16 frames"),
        .malformed(site: "paris", reason: "hello.site: is no String"),
      ])
  }

  @Test("a message above the limit costs its sender the connection and reaches nobody")
  func oversizedMessagesAreRefused() async throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    let socket = try rawAgent(try fixture.identity("paris"))
    #expect(
      try await eventually { try socket.send([[UInt8](repeating: 0x20, count: MessageCoding.maximumBytes + 1)]) })
    let channel = try ControllerChannel(identity: try fixture.identity("berlin"))
    _ = try await event(of: channel) { $0 == .connected }
    try channel.send(.accepted(revision: 3))
    #expect(try await eventually { !fixture.registry.received.isEmpty })
    #expect(fixture.registry.received == [.accepted(revision: 3)])
    #expect(fixture.registry.drops.isEmpty)
  }

  @Test("the listener refuses an endpoint that is in use")
  func endpointInUse() throws {
    let fixture = try ChannelFixture()
    defer { fixture.serving.cancel() }
    #expect(throws: ZeroMQError.self) {
      try AgentListener(
        endpoint: fixture.listener.endpoint, keys: fixture.controllerKeys, registry: fixture.registry)
    }
  }

  /// A socket with an agent's keys and none of its manners.
  private func rawAgent(_ identity: AgentIdentity) throws -> ZeroMQSocket {
    let socket = try ZeroMQSocket(.dealer, in: try ZeroMQContext())
    try identity.keys.install(in: socket)
    try socket.set(ZMQ_CURVE_SERVERKEY, identity.controllerPublicKey.bytes)
    try socket.connect(identity.controllerEndpoint)
    return socket
  }
}
