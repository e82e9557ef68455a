import FabricCrypto
import FabricTestKit
import IKE
import WireFormat

/// One end: an engine, its ESP role and its clock.
final class SimulatedGateway {
  let side: Schedule.Side
  private var connection: IKEConnection
  private var engine: IKEEngine
  private(set) var database = SimulatedSADatabase()
  /// How far the gateway's clock is ahead of the simulation's.
  private var clockOffset = Duration.zero
  private(set) var isDown = false
  private var seed: UInt64
  /// What the gateway makes its crash tokens and tickets with; it is on the gateway's disk.
  private let recoverySecret: SecretBytes
  /// Every key that this gateway has ever been told to use.
  private var keys: Set<[UInt8]> = []
  /// Keys that it was told to use twice.
  private(set) var repeatedKeys = 0
  private(set) var mostSessions = 0
  private(set) var mostPairs = 0

  init(_ side: Schedule.Side, _ connection: IKEConnection, seed: UInt64) {
    self.side = side
    self.connection = connection
    self.seed = seed
    recoverySecret = SecretBytes(SeededRandom(seed: ~seed).randomBytes(32))
    engine = IKEEngine(random: SeededRandom(seed: seed))
  }

  var address: IPAddress? { connection.localAddress }
  var sessionCount: Int { engine.sessionCount }

  /// When the engine next wants to be woken, on the simulation's clock.
  var nextDeadline: Instant? {
    isDown ? nil : engine.nextDeadline?.advanced(by: .zero - clockOffset)
  }

  func jumpClock(by duration: Duration) { clockOffset += duration }

  /// The ike process is killed and started again.
  func restartIKE(
    isInitialContact: Bool = false, at now: Instant, _ trace: (String) -> Void
  ) -> [IKEDatagram] {
    seed &+= 0x1_0000
    engine = IKEEngine(random: SeededRandom(seed: seed))
    database.orphanAll()
    if isInitialContact { _ = handle(.initialContact, at: now, trace) }
    return start(at: now, trace)
  }

  /// The gateway's line has another address.
  func changeAddress(to address: IPAddress, at now: Instant, _ trace: (String) -> Void) -> [IKEDatagram] {
    connection.localAddress = address
    return start(at: now, trace)
  }

  /// The whole gateway is gone.
  func crash() {
    isDown = true
    database = SimulatedSADatabase()
  }

  /// The gateway is back.
  func recover(at now: Instant, _ trace: (String) -> Void) -> [IKEDatagram] {
    isDown = false
    // Nothing is left of its earlier life, and it says so.
    return restartIKE(isInitialContact: true, at: now, trace)
  }

  func start(at now: Instant, _ trace: (String) -> Void) -> [IKEDatagram] {
    let time = 1_000_000 + now.nanoseconds / 1_000_000_000
    _ = handle(.recovery(secret: recoverySecret, secondsSince1970: time), at: now, trace)
    return handle(.configure([connection]), at: now, trace)
  }

  /// Asks for the tunnel where this end sets it up.
  func reopen(at now: Instant, _ trace: (String) -> Void) -> [IKEDatagram] {
    connection.initiates ? handle(.initiate(connection: connection.name), at: now, trace) : []
  }

  /// Hands the engine an event and does what it wants; returns what it sends.
  func handle(_ event: IKEEvent, at now: Instant, _ trace: (String) -> Void) -> [IKEDatagram] {
    guard !isDown else { return [] }
    var datagrams: [IKEDatagram] = []
    for action in engine.handle(event, at: now.advanced(by: clockOffset)) {
      switch action {
      case .send(let datagram): datagrams.append(datagram)
      case .installChildSA(let sa): install(sa, trace)
      case .deleteChildSA(_, let spi):
        trace("\(side.rawValue) deletes \(spi)")
        database.remove(spi)
      case .moveChildSA(let move): database.move(move)
      case .report(let report): trace("\(side.rawValue): \(report.content.trace)")
      }
    }
    mostSessions = max(mostSessions, engine.sessionCount)
    mostPairs = max(mostPairs, database.pairs.count)
    return datagrams
  }

  private func install(_ sa: ChildSA, _ trace: (String) -> Void) {
    trace("\(side.rawValue) installs \(sa.inboundSPI)/\(sa.outboundSPI)\(sa.isInitiator ? " as initiator" : "")")
    for key in [sa.inboundKeys.encryption, sa.outboundKeys.encryption]
    where !keys.insert(key.withUnsafeBytes { Array($0) }).inserted {
      repeatedKeys += 1
    }
    database.install(sa)
  }

  /// A packet of the tunnel; nil if there is no SA.
  func seal() -> SimulatedSADatabase.Packet? { database.seal() }

  /// Opens a packet; one that opens proves the peer alive.
  func open(
    _ packet: SimulatedSADatabase.Packet, at now: Instant, _ trace: (String) -> Void
  ) -> (isOpened: Bool, datagrams: [IKEDatagram]) {
    guard !isDown, database.open(packet) else { return (false, []) }
    return (true, handle(.inboundTraffic(connection: connection.name), at: now, trace))
  }
}

extension IKEReport.Content {
  /// The report in a line of a trace, without what is long.
  fileprivate var trace: String {
    switch self {
    case .connecting: "connecting"
    case .established(let summary):
      "IKE SA \(summary.initiatorSPI)/\(summary.responderSPI) \(summary.isResumed ? "resumed" : "established")"
    case .childEstablished(let summary): "Child SA \(summary.inboundSPI) established"
    case .childClosed(let spi, let reason): "Child SA \(spi) closed: \(reason)"
    case .failed(let failure): "failed: \(failure.cause)"
    case .closed(let reason): "closed: \(reason)"
    case .lostByPeer: "the peer has lost the IKE SA"
    case .moved(let endpoint): "peer moved to \(endpoint)"
    case .relocated(let endpoint): "moved to \(endpoint)"
    }
  }
}
