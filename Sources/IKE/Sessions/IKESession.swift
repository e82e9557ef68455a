import FabricCrypto
import WireFormat

/// One IKE SA with its exchanges, timers and Child SAs.
///
/// The engine calls in with messages and the time; tasks change the session's state; what concerns the outside is
/// collected in `effects`, in order.
final class IKESession {
  /// How far the IKE SA has come.
  enum Phase: Equatable {
    /// IKE_SA_INIT is out; only an initiator is in this phase.
    case initial
    /// There are keys, but the peer has not proved its identity.
    case authenticating
    /// The peer has proved its identity.
    case established
    /// The peer has made it by a rekey that crossed ours: it is not decided yet whether it takes over.
    case successor
    /// Another IKE SA has taken over; this one waits for its DELETE.
    case replaced
    /// Our DELETE is queued or out.
    case deleting
    /// Over; kept for a while to repeat its last response.
    case ended
  }

  /// How an IKE SA began, whatever rekeys have made of it since.
  struct Origin {
    /// Whether we sent IKE_SA_INIT.
    let isInitiator: Bool
    /// When IKE_SA_INIT went out or came in.
    let created: Instant
    var established: Instant?
  }

  /// A half-open session that is not authenticated by then is given up.
  static let halfOpenLifetime: Duration = .seconds(30)
  /// A peer that was heard of later than this is not asked whether it is alive.
  static let shortestSilence: Duration = .seconds(2)
  /// For so long a session that has ended still answers retransmissions of the last request.
  static let lingerTime: Duration = .seconds(10)
  /// For so long a session that the peer has replaced by another stays, so that the response to IKE_AUTH can be repeated.
  static let supersededLifetime: Duration = .seconds(5)

  let localSPI: IKESPI
  /// Whether we are the original initiator (RFC 7296 section 2.2); a rekey's initiator is that of the new SA.
  let isInitiator: Bool
  let created: Instant
  var remoteSPI: IKESPI
  var path: NetworkPath
  var phase: Phase
  /// The connection that the session serves; nil at a responder until the initiator has named itself.
  var connection: IKEConnection?
  /// How the peer has proved its identity; nil until it has.
  var peerProof: PeerProof?
  /// What the peer is told where it has not.
  var refusal: Refusal?
  /// What AUTH is computed over; empty once both ends are authenticated.
  var initial = InitialExchange()
  /// Whether it has gone on from another session by a ticket (RFC 5723).
  private(set) var isResumed = false
  var sa: IKESA?
  /// What `sa` becomes behind the message that is being sent.
  var nextSA: IKESA?
  var nat = NATSituation()
  var peerToken = PeerToken()
  var fragmentation = FragmentationState()
  var mobility = MobilityState()
  /// Whether the peer goes to another gateway when it is told to (RFC 5685).
  var isRedirectable = false
  /// Where the request came from that is being answered.
  var arrival: NetworkPath?

  var requests = RequestWindow()
  var responses = ResponseWindow()
  var queue: [Exchange] = []
  /// What the peer has begun and is to go on with.
  var followUps: [AwaitedFollowUp] = []
  /// Child SAs by inbound SPI.
  var children: [ESPSPI: ChildRecord] = [:]

  /// The Child SA that our last response has brought, until the peer's next request shows that it has the response.
  var unconfirmed: UnconfirmedChild?

  var established: Instant?
  /// How the first of the IKE SAs began that this one continues by rekeys, for where both ends began at once.
  private(set) var origin: Origin
  /// When the peer last proved to be alive.
  var lastHeard: Instant
  var lifetime: Lifetime?
  /// The peer's rekey of this IKE SA where it has crossed ours, and in that rekey's session this one.
  var crossing: Crossing?
  weak var predecessor: IKESession?
  /// How the engine finds the session while it is half open.
  var initiation: HalfOpenSessions.Initiation?
  /// When the IKE SA is closed because the peer has begun another, which it must have by then.
  var superseded: Instant?
  /// When a half-open or ended session is thrown away.
  var removal: Instant?
  /// When the missing Child SA is tried again, and how often that has failed.
  var childRetry: Instant?
  var childFailures = 0
  /// Requests that the peer was too busy for, and when they are made again.
  var postponed: [(due: Instant, exchange: Exchange)] = []
  /// The answer to IKE_SA_INIT that says no, if no better one comes.
  var unauthenticatedRefusal: UnauthenticatedRefusal?
  /// How many answers to IKE_SA_INIT have come.
  var answers = 0
  /// Why the last unauthenticated answer was dropped, for the report if no other comes.
  var lastIgnored: String?
  var effects: [SessionEffect] = []

  private init(
    localSPI: IKESPI, remoteSPI: IKESPI, isInitiator: Bool, path: NetworkPath, phase: Phase,
    connection: IKEConnection?, at now: Instant
  ) {
    self.localSPI = localSPI
    self.remoteSPI = remoteSPI
    self.isInitiator = isInitiator
    self.path = path
    self.phase = phase
    self.connection = connection
    self.created = now
    self.lastHeard = now
    self.origin = Origin(isInitiator: isInitiator, created: now)
  }

  /// A session that we initiate.
  convenience init(initiating connection: IKEConnection, along path: NetworkPath, _ context: SessionContext) {
    self.init(
      localSPI: context.newIKESPI(), remoteSPI: .zero, isInitiator: true, path: path, phase: .initial,
      connection: connection, at: context.now)
  }

  /// A session that a peer initiates.
  convenience init(answering header: IKEHeader, along path: NetworkPath, _ context: SessionContext) {
    self.init(
      localSPI: context.newIKESPI(), remoteSPI: header.initiatorSPI, isInitiator: false, path: path,
      phase: .authenticating, connection: nil, at: context.now)
    removal = context.now.advanced(by: IKESession.halfOpenLifetime)
  }

  /// A session made by a rekey of `old`'s IKE SA, which `old` may hand over to (RFC 7296 section 2.18).
  convenience init(
    succeeding old: IKESession, localSPI: IKESPI, remoteSPI: IKESPI, isInitiator: Bool, sa: IKESA,
    _ context: SessionContext
  ) {
    self.init(
      localSPI: localSPI, remoteSPI: remoteSPI, isInitiator: isInitiator, path: old.path, phase: .successor,
      connection: old.connection, at: context.now)
    self.sa = sa
    origin = old.origin
    nat = old.nat
    fragmentation = old.fragmentation.inherited
    mobility = old.mobility.inherited
    peerToken = old.peerToken.inherited
    isRedirectable = old.isRedirectable
    removal = context.now.advanced(by: IKESession.halfOpenLifetime)
  }

  /// The SPI in the header's initiator field.
  var initiatorSPI: IKESPI { isInitiator ? localSPI : remoteSPI }
  /// The SPI in the header's responder field.
  var responderSPI: IKESPI { isInitiator ? remoteSPI : localSPI }

  /// Starts the clocks of an established IKE SA.
  func begin(_ context: SessionContext) {
    phase = .established
    isResumed = initial.resumed != nil
    established = context.now
    origin.established = origin.established ?? context.now
    lastHeard = context.now
    removal = nil
    guard let connection, let sa else { return }
    var lifetime = Lifetime(connection.ikeLifetime, isInitiator: isInitiator, context)
    if isResumed {
      // Its keys are no fresher than the ticket's: a key exchange follows, when others do not need the processor.
      lifetime.rekeys = min(lifetime.rekeys, context.now.advanced(by: .seconds(60) + context.share(of: .seconds(540))))
    }
    self.lifetime = lifetime
    report(
      .established(
        IKESASummary(
          initiatorSPI: initiatorSPI, responderSPI: responderSPI, isInitiator: isInitiator,
          remoteIdentity: connection.remoteIdentity, peerProof: peerProof, uplink: path.uplink, local: path.local,
          remote: path.remote, suite: sa.suite, hasPostQuantumPresharedKey: sa.hasPostQuantumPresharedKey,
          isResumed: isResumed,
          isLocalBehindNAT: nat.isLocalBehindNAT, isRemoteBehindNAT: nat.isRemoteBehindNAT,
          established: context.now, rekeys: lifetime.rekeys)))
  }

  /// The session is over: nothing more goes out but repeated responses.
  func end(_ end: SessionEnd, _ context: SessionContext) {
    guard phase != .ended else { return }
    let reason =
      switch end {
      case .failed(_, let cause): cause
      case .closed(let reason): reason
      case .silent, .ticketRefused: "the IKE SA is gone"
      }
    for child in children.values { removeChild(child.inboundSPI, reason: reason) }
    phase = .ended
    queue = []
    followUps = []
    crossing = nil
    predecessor?.crossing = nil
    requests.close()
    childRetry = nil
    lifetime = nil
    removal = context.now.advanced(by: IKESession.lingerTime)
    effects.append(.ended(end))
  }

  /// Sends along the session's path.
  func send(_ bytes: [UInt8]) { effects.append(.action(.send(path.datagram(bytes)))) }

  /// Tells the operator.
  func report(_ content: IKEReport.Content) {
    effects.append(.action(.report(IKEReport(connection: connection?.name, content))))
  }

  /// Hands over what the outside has to do next; nil if there is nothing.
  func takeEffect() -> SessionEffect? { effects.isEmpty ? nil : effects.removeFirst() }
}
