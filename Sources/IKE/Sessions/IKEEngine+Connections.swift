import WireFormat

/// What the configuration and the operator want of the connections.
extension IKEEngine {
  /// Takes a new configuration over: only what is different is touched.
  mutating func configure(_ connections: [IKEConnection], at now: Instant) {
    for connection in connections {
      guard let fault = connection.fault else { continue }
      report(connection.name, .failed(stage: .ikeSA, cause: "configuration: \(fault)"))
    }
    let old = directory
    directory = ConnectionDirectory(connections.filter { $0.fault == nil })
    for connection in old.connections where directory.connection(named: connection.name) != connection {
      update(connection, at: now)
    }
    for connection in connections {
      guard states[connection.name] == nil, directory.connection(named: connection.name) != nil else { continue }
      states[connection.name] = ConnectionState()
      if connection.initiates { start(connection.name, at: now) }
    }
  }

  /// Takes over what has become of a connection.
  private mutating func update(_ old: IKEConnection, at now: Instant) {
    guard let new = directory.connection(named: old.name) else {
      return remove(old.name, reason: "it is not configured any more", now)
    }
    if new.differs(from: old, only: \.redirect) { return tell(new, at: now) { $0.redirect(new, $1) } }
    if new.differs(from: old, only: \.additionalAddresses) { return tell(new, at: now) { $0.announce(new, $1) } }
    if new.isElsewhere(from: old), relocate(new, at: now) { return }
    remove(old.name, reason: "its configuration has changed", now)
  }

  /// Has the connection's session tell its peer what is new.
  private mutating func tell(
    _ connection: IKEConnection, at now: Instant, _ body: (IKESession, SessionContext) -> Void
  ) {
    guard let spi = states[connection.name]?.current, let session = sessions[spi] else { return }
    let context = context(at: now)
    body(session, context)
    settle(session, context)
  }

  /// Has a connection go on from another address of ours; false where its peer cannot follow.
  private mutating func relocate(_ connection: IKEConnection, at now: Instant) -> Bool {
    guard let state = states[connection.name], state.attempt == nil, let spi = state.current,
      let session = sessions[spi], session.canMove
    else { return false }
    let context = context(at: now)
    session.relocate(connection, context)
    settle(session, context)
    return true
  }

  private mutating func remove(_ name: String, reason: String, _ now: Instant) {
    guard let state = states.removeValue(forKey: name) else { return }
    deadlines.set(.connection(name), nil)
    for spi in [state.attempt, state.current] { close(spi, reason: reason, at: now) }
  }

  private mutating func close(_ spi: IKESPI?, reason: String, at now: Instant) {
    guard let spi, let session = sessions[spi] else { return }
    let context = context(at: now)
    session.close(reason: reason, context)
    settle(session, context)
  }

  /// Takes new credentials over. What a peer has proved with a certificate that was withdrawn since holds no more.
  mutating func use(_ new: IKECredentials, at now: Instant) {
    credentials = new
    let context = context(at: now)
    for session in sessions.values.sorted(by: { $0.localSPI.rawValue < $1.localSPI.rawValue }) {
      guard let fault = session.lossOfTrust(context) else { continue }
      session.closeUntrusted(reason: fault.cause, context)
      settle(session, context)
    }
  }

  /// The operator wants the connection now.
  mutating func initiate(_ name: String, at now: Instant) {
    guard states[name] != nil else { return }
    states[name]?.isSuspended = false
    states[name]?.failures = 0
    start(name, at: now)
  }

  /// The operator does not want the connection any more.
  mutating func terminate(_ name: String, at now: Instant) {
    guard let state = states[name] else { return }
    states[name]?.isSuspended = true
    // RFC 5723 section 4.3.4: what has been closed is not resumed.
    states[name]?.ticket = nil
    deadlines.set(.connection(name), nil)
    for spi in [state.attempt, state.current] { close(spi, reason: "closed by the operator", at: now) }
  }

  /// Begins an attempt, unless there is a session or an attempt already.
  mutating func start(_ name: String, at now: Instant) {
    guard let connection = directory.connection(named: name), states[name]?.needsSession == true else {
      return
    }
    deadlines.set(.connection(name), nil)
    guard let local = connection.localAddress, let remote = connection.remoteAddress else {
      let missing =
        connection.localAddress == nil
        ? "uplink \(connection.localUplink) has no address" : "the peer's address is not known"
      return report(name, .failed(stage: .reachability, cause: "cannot initiate: \(missing)"))
    }
    guard pace.hasRoom else { return pace.wait(name) }
    let path = NetworkPath(
      uplink: connection.localUplink, local: Endpoint(local, port: NetworkPath.ikePort),
      remote: Endpoint(remote, port: NetworkPath.ikePort))
    let context = context(at: now)
    let session = IKESession(initiating: connection, along: path, context)
    sessions[session.localSPI] = session
    states[name]?.attempt = session.localSPI
    let ticket = states[name]?.ticket.flatMap { $0.expires > now ? $0 : nil }
    session.start(resuming: ticket, context)
    settle(session, context)
  }

  /// Tells the operator.
  mutating func report(_ name: String?, _ content: IKEReport.Content) {
    actions.append(.report(IKEReport(connection: name, content)))
  }
}

extension IKEReport.Content {
  /// A failure that is not tried again by itself.
  static func failed(stage: IKEReport.Stage, cause: String) -> IKEReport.Content {
    .failed(IKEReport.Failure(stage: stage, cause: cause, remote: nil, retryAfter: nil))
  }
}
