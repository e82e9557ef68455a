import CZeroMQ
import Foundation
import Synchronization

/// The controller's end of the control channel: agents connect here, each with its enrolled CURVE key.
///
/// One thread works both the agents' socket and the authentication handler (ZAP), so neither can outlive the other:
/// where ZAP fails, the listener stops and `run()` throws.
///
///     agents ──CURVE──▶ ROUTER ─┐
///     libzmq ──ZAP────▶ REP ────┼─▶ one thread ──▶ AgentRegistry
///     send(_:to:) ────▶ pipe ───┘
///
/// A message counts as its site's only if the key that the connection has proved is enrolled for that site now, and the
/// message claims no other one (DESIGN.md section 5, invariant 3).
public final class AgentListener: Sendable {
  /// Why something was dropped.
  public enum Drop: Equatable, Sendable {
    /// A peer with a key that is not enrolled tried to connect.
    case keyNotEnrolled(CurvePublicKey)
    /// A live connection whose key has been revoked sent a message.
    case keyRevoked
    /// A message that could not be understood.
    case malformed(site: String, reason: String)
    /// A message that speaks for another site than the connection's key.
    case otherSite(site: String, claimed: String)
    /// A message to an agent that cannot take it now.
    case notDelivered(site: String)
  }

  /// Where it listens; with the port that the system chose, where the port asked for was `*`.
  public let endpoint: String
  private let outbox = Outbox()
  private let loop: AgentListenerLoop

  /// Binds `endpoint` (`tcp://ADDRESS:PORT` or `ipc://PATH`), authentication first. Throws where the endpoint is
  /// malformed or in use.
  public init(endpoint: String, keys: CurveKeyPair, registry: any AgentRegistry) throws(ZeroMQError) {
    loop = try AgentListenerLoop(endpoint: endpoint, keys: keys, registry: registry, outbox: outbox)
    self.endpoint = loop.endpoint
  }

  /// Serves agents on a thread of its own until the task is cancelled. Call it once. Throws when ZeroMQ fails.
  public func run() async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { [loop] in continuation.resume(with: Result { try loop.run() }) }
        thread.name = "agent-listener"
        thread.start()
      }
    } onCancel: {
      outbox.close()
    }
  }

  /// Sends to the agent of `site` if it is connected; from any thread.
  public func send(_ message: ControllerMessage, to site: String) { outbox.append(message, site) }
}

/// Messages on their way to the listener's thread, and the pipe that wakes it.
final class Outbox: Sendable {
  private struct State {
    var messages: [(message: ControllerMessage, site: String)] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let pipe = Pipe()

  /// Readable when there is something to take.
  var descriptor: CInt { pipe.fileHandleForReading.fileDescriptor }

  func append(_ message: ControllerMessage, _ site: String) {
    change { $0.messages.append((message, site)) }
  }

  func close() { change { $0.isClosed = true } }

  /// One byte in the pipe stands for "there is something", however much it is.
  private func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      let wasEmpty = state.messages.isEmpty && !state.isClosed
      body(&state)
      if wasEmpty { try? pipe.fileHandleForWriting.write(contentsOf: [0]) }
    }
  }

  /// Takes everything; nil once closed.
  func take() -> [(message: ControllerMessage, site: String)]? {
    state.withLock { state in
      if state.isClosed { return nil }
      if !state.messages.isEmpty { _ = try? pipe.fileHandleForReading.read(upToCount: 1) }
      defer { state.messages = [] }
      return state.messages
    }
  }
}
