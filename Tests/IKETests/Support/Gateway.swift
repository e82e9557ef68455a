import FabricCrypto
import FabricTestKit
import WireFormat

@testable import IKE

/// An engine with the part of the shell that the tests look at.
final class Gateway {
  let name: String
  private var engine: IKEEngine
  private(set) var installed: [ESPSPI: ChildSA] = [:]
  /// Where the packets of a pair go that has been moved, by inbound SPI.
  private(set) var moves: [ESPSPI: ChildSAMove] = [:]
  private(set) var reports: [IKEReport] = []
  private(set) var sent: [IKEDatagram] = []
  /// Everything that was done, for failure messages.
  private(set) var actions: [IKEAction] = []

  init(_ name: String, seed: UInt64) {
    self.name = name
    engine = IKEEngine(random: SeededRandom(seed: seed))
  }

  /// Loses all its sessions, as a process that is killed; what is installed stays with the ESP role.
  func restart(seed: UInt64) { engine = IKEEngine(random: SeededRandom(seed: seed)) }

  var nextDeadline: Instant? { engine.nextDeadline }
  var sessionCount: Int { engine.sessions.count }

  /// Handles an event and returns the datagrams that it sends.
  @discardableResult
  func handle(_ event: IKEEvent, at now: Instant) -> [IKEDatagram] {
    var datagrams: [IKEDatagram] = []
    for action in engine.handle(event, at: now) {
      actions.append(action)
      switch action {
      case .send(let datagram): datagrams.append(datagram)
      case .installChildSA(let child): installed[child.inboundSPI] = child
      case .deleteChildSA(_, let spi): installed[spi] = nil
      case .moveChildSA(let move): moves[move.inboundSPI] = move
      case .report(let report): reports.append(report)
      }
    }
    sent += datagrams
    return datagrams
  }

  var sessions: [IKESession] { Array(engine.sessions.values) }

  /// The latest session of the engine that is established.
  var establishedSessions: [IKESession] { engine.sessions.values.filter { $0.phase == .established } }

  var failures: [IKEReport.Failure] {
    reports.compactMap { if case .failed(let failure) = $0.content { failure } else { nil } }
  }

  var established: [IKESASummary] {
    reports.compactMap { if case .established(let summary) = $0.content { summary } else { nil } }
  }

  var childrenEstablished: [ChildSASummary] {
    reports.compactMap { if case .childEstablished(let summary) = $0.content { summary } else { nil } }
  }

  var closings: [String] {
    reports.compactMap { if case .closed(let reason) = $0.content { reason } else { nil } }
  }
}
