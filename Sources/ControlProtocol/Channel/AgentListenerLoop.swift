import CZeroMQ
import Foundation

/// The listener's sockets and the one thread that uses them: after `init` nothing but `run()` touches them.
final class AgentListenerLoop: @unchecked Sendable {
  /// A live connection of an agent.
  private struct Connection {
    let routingID: [UInt8]
    let key: CurvePublicKey
  }

  /// Messages taken from one socket before the others get their turn.
  private static let batch = 64

  let endpoint: String
  private let registry: any AgentRegistry
  private let outbox: Outbox
  private let authentication: ZeroMQSocket
  private let agents: ZeroMQSocket
  private var connections: [String: Connection] = [:]

  init(
    endpoint: String, keys: CurveKeyPair, registry: any AgentRegistry, outbox: Outbox
  ) throws(ZeroMQError) {
    self.registry = registry
    self.outbox = outbox
    let context = try ZeroMQContext()
    // The handler must be there before the first connection: without one, libzmq lets every key in.
    authentication = try ZeroMQSocket(.reply, in: context)
    try authentication.bind("inproc://zeromq.zap.01")
    agents = try ZeroMQSocket(.router, in: context)
    try agents.setChannelOptions(for: endpoint)
    try agents.set(ZMQ_CURVE_SERVER, 1)
    try keys.install(in: agents)
    try agents.set(ZMQ_ZAP_DOMAIN, Array(ZAPRequest.domain.utf8))
    try agents.set(ZMQ_ZAP_ENFORCE_DOMAIN, 1)
    // A peer that is gone is told from one that is there. ZMQ_ROUTER_HANDOVER stays off: with it one agent could take
    // over the routing id, and so the mail, of another.
    try agents.set(ZMQ_ROUTER_MANDATORY, 1)
    try agents.bind(endpoint)
    self.endpoint = agents.lastEndpoint
  }

  /// Serves until the outbox is closed.
  func run() throws(ZeroMQError) {
    while true {
      try ZeroMQSocket.wait(for: [authentication, agents], or: outbox.descriptor)
      try authenticate()
      try receive()
      guard let messages = outbox.take() else { return }
      for (message, site) in messages { try send(message, to: site) }
    }
  }

  private func authenticate() throws(ZeroMQError) {
    for _ in 0..<Self.batch {
      guard let request = try authentication.receive() else { return }
      _ = try authentication.send(reply(to: request.frames))
    }
  }

  private func reply(to frames: [[UInt8]]) -> [[UInt8]] {
    guard let request = ZAPRequest(frames) else { return ZAPRequest.refusal(of: frames) }
    let isAllowed = registry.site(enrolledWith: request.key) != nil
    if !isAllowed { registry.dropped(.keyNotEnrolled(request.key)) }
    return request.reply(isAllowed: isAllowed)
  }

  private func receive() throws(ZeroMQError) {
    for _ in 0..<Self.batch {
      guard let message = try agents.receive() else { return }
      try handle(message)
    }
  }

  private func handle(_ message: ZeroMQSocket.Message) throws(ZeroMQError) {
    guard let routingID = message.frames.first, let key = message.userID.flatMap({ CurvePublicKey($0) }) else { return }
    // ZAP has its say at the handshake only: a key that was revoked since is found here.
    guard let site = registry.site(enrolledWith: key) else {
      connections = connections.filter { $0.value.key != key }
      return registry.dropped(.keyRevoked)
    }
    guard let content = decode(message, from: site) else { return }
    connections[site] = Connection(routingID: routingID, key: key)
    for answer in registry.received(content, from: site) { try send(answer, to: site) }
  }

  private func decode(_ message: ZeroMQSocket.Message, from site: String) -> AgentMessage? {
    guard message.frames.count == 2, !message.isTruncated else {
      registry.dropped(.malformed(site: site, reason: "\(message.frames.count) frames"))
      return nil
    }
    do {
      let content = try MessageCoding.decode(AgentMessage.self, from: message.frames[1])
      if let claimed = content.claimedSite, claimed != site {
        registry.dropped(.otherSite(site: site, claimed: claimed))
        return nil
      }
      return content
    } catch {
      registry.dropped(.malformed(site: site, reason: MessageCoding.summary(of: error)))
      return nil
    }
  }

  private func send(_ message: ControllerMessage, to site: String) throws(ZeroMQError) {
    guard let connection = connections[site] else { return }
    guard registry.site(enrolledWith: connection.key) == site else {
      connections[site] = nil
      return registry.dropped(.keyRevoked)
    }
    guard let bytes = try? MessageCoding.encode(message), bytes.count <= MessageCoding.maximumBytes else {
      return registry.dropped(.notDelivered(site: site))
    }
    if try !agents.send([connection.routingID, [UInt8](bytes)]) {
      connections[site] = nil
      registry.disconnected(site)
    }
  }
}
