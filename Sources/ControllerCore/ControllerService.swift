import ControlProtocol
import Hummingbird
import Logging
import ServiceLifecycle

/// The running controller: the agents' listener and the API, which live and end together.
///
///     fabric ──HTTP, unix socket──▶ ControllerAPI ──▶ Controller ──▶ Store (SQLite)
///                                                        │ push
///     agents ──ZeroMQ, CURVE──────▶ AgentListener ◀──────┘
///                                        └──▶ SiteRegistry ──▶ Convergence ──▶ status
public struct ControllerService: Sendable {
  /// Where a controller lives.
  public struct Places: Sendable {
    /// The directory of its database and keys.
    public var state: String
    /// The unix socket of its API.
    public var socket: String
    /// The ZeroMQ endpoint that it binds.
    public var listen: String
    /// The endpoint that agents are told; nil for the one that it binds.
    public var advertise: String?

    /// A set of places.
    public init(state: String, socket: String, listen: String, advertise: String? = nil) {
      self.state = state
      self.socket = socket
      self.listen = listen
      self.advertise = advertise
    }
  }

  private let directory: StateDirectory
  private let socket: ControlSocket
  private let listener: AgentListener
  private let api: ControllerAPI
  private let logger: Logger

  /// Opens the state, and binds the agents' endpoint. Throws what is wrong, in one sentence each: a state directory
  /// or socket in use, a damaged database, keys that others can read, an endpoint that cannot be bound.
  public init(_ places: Places, logger: Logger) throws {
    directory = try StateDirectory(path: places.state)
    socket = ControlSocket(path: places.socket)
    try socket.prepare()
    let store = try Store(directory)
    let keys = try ControllerKeys.loadOrGenerate(directory.keyFile)
    let certificates = try CertificateOffice(directory, store)
    let registry = SiteRegistry(certificates: certificates, logger: logger)
    listener = try AgentListener(endpoint: places.listen, keys: keys, registry: registry)
    let controller = try Controller(
      store: store, registry: registry, certificates: certificates, listener: listener, logger: logger)
    api = ControllerAPI(
      controller: controller,
      identity: API.ControllerIdentity(
        publicKey: keys.publicKey.description, endpoint: places.advertise ?? listener.endpoint))
    self.logger = logger
  }

  /// Serves until SIGTERM, SIGINT or the end of the task. Throws when either half fails: an API without agents, or
  /// agents without authentication, would be worse than none.
  public func run() async throws { try await group(handlingSignals: true).run() }

  /// The two halves, of which the failure of one ends the other in good order.
  func group(handlingSignals: Bool) -> ServiceGroup {
    logger.info("controller started", metadata: .fields([.endpoint: listener.endpoint, .socket: socket.path]))
    let application = Application(
      router: api.router(logger: logger),
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket.path)),
      onServerRunning: { [socket, logger] _ in
        do { try socket.restrict() } catch { logger.critical("\(error)") }
      },
      logger: quiet(logger))
    let services: [any Service] = [ListenerService(listener: listener), application]
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
      gracefulShutdownSignals: handlingSignals ? [.sigterm, .sigint] : [], logger: quiet(logger))
    // Requests are answered within this time; whoever keeps a connection open longer is cut off.
    configuration.maximumGracefulShutdownDuration = Duration.seconds(5)
    return ServiceGroup(configuration: configuration)
  }

  /// The libraries' own loggers, without the news of every request.
  private func quiet(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .notice)
    return quiet
  }
}

/// Ends the listener along with the rest.
private struct ListenerService: Service {
  let listener: AgentListener

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await listener.run() }
  }
}
