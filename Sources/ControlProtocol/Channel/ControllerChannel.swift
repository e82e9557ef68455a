import CZeroMQ
import Foundation

/// The agent's end of the control channel: one connection to the controller, encrypted and authenticated both ways by
/// CURVE, kept up in the background.
///
/// It never blocks and belongs to one thread. For an epoll loop:
/// - watch each of `fileDescriptors` for readability,
/// - they are **edge-triggered**: when one turns readable, and also after every `send`, call `receive()` until it
///   returns nil, else the next edge never comes,
/// - on `.connected` send `hello`, then the first status.
public final class ControllerChannel {
  /// What the channel has to tell.
  public enum Event: Equatable, Sendable {
    /// The controller has proved its key and accepted ours. Comes again after every loss.
    case connected
    /// The controller says something.
    case message(ControllerMessage)
    /// A message that could not be understood was dropped, counted in `malformedMessages`; `reason` is for the log.
    case malformed(reason: String)
    /// The controller refuses our key (not enrolled, or no longer), or has another key than the identity file says.
    /// The channel tries again with the next `send`.
    case refused
    /// The connection is gone; the channel reconnects by itself.
    case disconnected
  }

  /// The descriptors to wait on; the same for the channel's whole life.
  public let fileDescriptors: [CInt]
  /// Whether messages can be sent now.
  public private(set) var isConnected = false
  /// Messages dropped because they could not be understood.
  public private(set) var malformedMessages = 0

  private let endpoint: String
  private let socket: ZeroMQSocket
  private let monitor: ConnectionMonitor
  private var wasRefused = false

  /// Starts connecting. Throws if the endpoint is malformed.
  public init(identity: AgentIdentity) throws(ZeroMQError) {
    let context = try ZeroMQContext()
    endpoint = identity.controllerEndpoint
    socket = try ZeroMQSocket(.dealer, in: context)
    monitor = try ConnectionMonitor(of: socket, in: context)
    fileDescriptors = [socket.fileDescriptor, monitor.fileDescriptor]
    try socket.setChannelOptions(for: endpoint)
    try identity.keys.install(in: socket)
    try socket.set(ZMQ_CURVE_SERVERKEY, identity.controllerPublicKey.bytes)
    // Queue for a live connection only: a status from before a loss must not come ahead of the hello after it.
    try socket.set(ZMQ_IMMEDIATE, 1)
    // Milliseconds: from a quarter of a second, doubled up to a quarter of a minute.
    try socket.set(ZMQ_RECONNECT_IVL, 250)
    try socket.set(ZMQ_RECONNECT_IVL_MAX, 15000)
    try socket.connect(endpoint)
  }

  /// The next thing that has happened, or nil when there is nothing more; never blocks.
  public func receive() throws(ZeroMQError) -> Event? {
    while let event = try monitor.next() {
      if let news = record(event) { return news }
    }
    guard let message = try socket.receive() else { return nil }
    guard message.frames.count == 1, !message.isTruncated else { return malformed("more than one frame") }
    do {
      return .message(try MessageCoding.decode(ControllerMessage.self, from: message.frames[0]))
    } catch {
      return malformed(MessageCoding.summary(of: error))
    }
  }

  /// Sends a message; false if there is no connection or the controller does not keep up, with nothing sent. Throws if
  /// the message cannot be encoded or is larger than `MessageCoding.maximumBytes`.
  @discardableResult
  public func send(_ message: AgentMessage) throws -> Bool {
    try reconnectIfRefused()
    guard isConnected else { return false }
    let bytes = [UInt8](try MessageCoding.encode(message))
    guard bytes.count <= MessageCoding.maximumBytes else { throw MessageTooLarge(bytes: bytes.count) }
    socket.processPendingCommands()
    return try socket.send([bytes])
  }

  /// Takes note of what happened to the connection; nil where the caller knows already.
  private func record(_ event: ConnectionMonitor.Event) -> Event? {
    switch event {
    case .established:
      isConnected = true
      wasRefused = false
      return .connected
    case .refused:
      defer { wasRefused = true }
      return wasRefused ? nil : .refused
    case .lost:
      defer { isConnected = false }
      return isConnected ? .disconnected : nil
    }
  }

  /// libzmq gives a connection up for good when the other end refuses it, or not, depending on which of two events it
  /// sees first; so the channel starts afresh.
  private func reconnectIfRefused() throws(ZeroMQError) {
    guard wasRefused else { return }
    wasRefused = false
    socket.disconnect(endpoint)
    try socket.connect(endpoint)
  }

  private func malformed(_ reason: String) -> Event {
    malformedMessages += 1
    return .malformed(reason: reason)
  }
}

/// A message that is larger than the other end takes.
public struct MessageTooLarge: Error, Equatable, Sendable, CustomStringConvertible {
  /// The message's size in bytes.
  public let bytes: Int

  /// One sentence.
  public var description: String { "message of \(bytes) bytes; at most \(MessageCoding.maximumBytes) are taken" }
}
