import FabricCrypto
import WireFormat

/// All IKE sessions of a process: a machine without clock and socket.
///
/// Whatever happens goes in through `handle`; what is to be done about it comes out as actions, which the caller carries
/// out in order. The caller sleeps until `nextDeadline` at the latest and then hands in `.timeout`.
public struct IKEEngine: ~Copyable {
  /// What a deadline belongs to.
  enum Timer: Hashable {
    case session(IKESPI)
    case connection(String)
  }

  let random: any RandomSource
  var directory = ConnectionDirectory()
  var credentials = IKECredentials.none
  var states: [String: ConnectionState] = [:]
  /// Sessions by our own SPI.
  var sessions: [IKESPI: IKESession] = [:]
  var halfOpen = HalfOpenSessions()
  var cookies = CookieJar()
  /// What peers know lost IKE SAs by; nil before there is a secret.
  var tokens: CrashTokens?
  /// Whose tickets peers get to resume their sessions; nil before there is a secret.
  var tickets: TicketIssuer?
  var pace = InitiationPace()
  var deadlines = DeadlineQueue<Timer>()
  var actions: [IKEAction] = []
  /// Whether no SA is left of an earlier life of the gateway.
  private var isInitialContact = false
  /// The connections whose peers still have to be told so.
  var unmet: Set<String> = []

  /// An engine without connections, which takes nonces, SPIs and IVs from `random`.
  public init(random: any RandomSource) { self.random = random }

  /// When the engine next wants `.timeout`; nil if never.
  public var nextDeadline: Instant? { deadlines.earliest }

  /// How many IKE SAs there are, with those that are not established yet or are about to go.
  public var sessionCount: Int { sessions.count }

  /// Takes one event and says what is to be done, in order.
  public mutating func handle(_ event: IKEEvent, at now: Instant) -> [IKEAction] {
    switch event {
    case .initialContact: isInitialContact = true
    case .configure(let connections):
      if isInitialContact { unmet.formUnion(connections.map(\.name).filter { states[$0] == nil }) }
      configure(connections, at: now)
    case .credentials(let new): use(new, at: now)
    case .recovery(let secret, let secondsSince1970):
      tokens = CrashTokens(recoverySecret: secret)
      tickets = TicketIssuer(recoverySecret: secret, secondsSince1970: secondsSince1970, at: now)
    case .initiate(let name): initiate(name, at: now)
    case .terminate(let name): terminate(name, at: now)
    case .datagram(let datagram): receive(datagram, at: now)
    case .timeout: timeout(at: now)
    case .childSAFailed(let name, let spi, let reason):
      withCurrentSession(of: name, at: now) { $0.childFailed(spi, reason: reason, $1) }
    case .inboundTraffic(let name): withCurrentSession(of: name, at: now) { $0.lastHeard = $1.now }
    case .otherSource(let name, let source):
      withCurrentSession(of: name, at: now) { session, context in session.follow(packetsFrom: source, context) }
    case .unansweredTraffic(let name): withCurrentSession(of: name, at: now) { $0.suspectSilence($1) }
    case .rekeyChild(let name, let spi):
      withCurrentSession(of: name, at: now) { session, context in
        session.rekeyChild(spi)
        session.startNextExchange(context)
      }
    case .deleteChild(let name, let spi):
      withCurrentSession(of: name, at: now) { $0.deleteChild(spi, $1) }
    case .rekeyIKE(let name):
      withCurrentSession(of: name, at: now) { session, context in
        session.rekeyIKE()
        session.startNextExchange(context)
      }
    case .createChild(let name, let local, let remote):
      guard selectorFault(local: local, remote: remote) == nil else { break }
      withCurrentSession(of: name, at: now) { $0.createChild(local: local, remote: remote, $1) }
    }
    while let name = pace.next() { if states[name]?.isSuspended == false { start(name, at: now) } }
    defer { actions = [] }
    return actions
  }

  /// What sessions get to see of the engine.
  func context(at now: Instant) -> SessionContext {
    SessionContext(
      now: now, random: random, directory: directory, credentials: credentials, tokens: tokens,
      tickets: tickets, unmet: unmet)
  }

  private mutating func withCurrentSession(
    of name: String, at now: Instant, _ body: (IKESession, SessionContext) -> Void
  ) {
    guard let spi = states[name]?.current, let session = sessions[spi] else { return }
    let context = context(at: now)
    body(session, context)
    settle(session, context)
  }

  private mutating func timeout(at now: Instant) {
    var due: [Timer] = []
    while let timer = deadlines.popDue(at: now) { due.append(timer) }
    for timer in due {
      switch timer {
      case .connection(let name): start(name, at: now)
      case .session(let spi):
        guard let session = sessions[spi] else { continue }
        let context = context(at: now)
        let isOver = session.timeout(context)
        settle(session, context)
        if isOver { discard(session) }
      }
    }
  }

  /// Carries out what a session asks for, and then what the sessions ask for that it has changed along: their requests
  /// follow its response.
  mutating func settle(_ session: IKESession, _ context: SessionContext) {
    var changed: [IKESession] = []
    while let effect = session.takeEffect() {
      switch effect {
      case .action(let action): actions.append(action)
      case .established: established(session, context)
      case .isSoleContact: dropOthers(than: session, context)
      case .lostByPeer: renew(session, context)
      case .ticket(let ticket): keep(ticket, of: session)
      case .replaced(let successor):
        replace(session, by: successor)
        changed.append(successor)
      case .changed(let other): changed.append(other)
      case .ended(let end): ended(session, end, context)
      }
    }
    deadlines.set(.session(session.localSPI), session.nextDeadline)
    pace.note(session)
    for other in changed {
      sessions[other.localSPI] = other
      other.startNextExchange(context)
      settle(other, context)
    }
  }

  /// Forgets a session without a word.
  mutating func discard(_ session: IKESession) {
    sessions[session.localSPI] = nil
    pace.forget(session.localSPI)
    deadlines.set(.session(session.localSPI), nil)
    forgetHalfOpen(session)
  }

  /// A session is no longer half open.
  mutating func forgetHalfOpen(_ session: IKESession) {
    guard !session.isInitiator, let initiation = session.initiation else { return }
    halfOpen.remove(initiation)
    session.initiation = nil
  }
}
