import WireFormat

/// How many connections an engine begins at the same time.
///
/// An engine with a thousand connections that began them all at once would keep its peer busy for seconds, send the
/// requests again that wait for their turn there, and so keep it busy with answering twice. A peer that is silent holds
/// its place only until its request is sent again: the dead do not delay the living.
struct InitiationPace {
  /// The most IKE_SA_INIT requests that are out and have been sent once.
  static let limit = 64

  private var begun: Set<IKESPI> = []
  private var waiting: [String] = []
  private var isWaiting: Set<String> = []

  /// Whether one more may begin.
  var hasRoom: Bool { begun.count < InitiationPace.limit }

  /// Has a connection wait for its turn.
  mutating func wait(_ connection: String) {
    if isWaiting.insert(connection).inserted { waiting.append(connection) }
  }

  /// The next connection whose turn has come; nil if there is none.
  mutating func next() -> String? {
    guard hasRoom, !waiting.isEmpty else { return nil }
    let connection = waiting.removeFirst()
    isWaiting.remove(connection)
    return connection
  }

  /// Notes how far a session has come.
  mutating func note(_ session: IKESession) {
    let isFresh =
      session.isInitiator && session.phase == .initial && session.requests.outstanding?.message.transmissions == 1
    if isFresh { begun.insert(session.localSPI) } else { begun.remove(session.localSPI) }
  }

  /// A session is forgotten.
  mutating func forget(_ spi: IKESPI) { begun.remove(spi) }
}
