import Foundation
import IKE
import WireFormat

/// How far IKE has come with one tunnel, put together from the reports of the ike role.
struct TunnelProgress: Equatable, Sendable {
  /// The last attempt that failed, and when.
  struct Failure: Equatable, Sendable {
    var failure: IKEReport.Failure
    var at: Date
  }

  /// Phase 1, while it is up.
  private(set) var ikeSA: IKESASummary?
  /// Phase 2: the pairs of SAs that are up, by inbound SPI; two for a moment in a rekey.
  private(set) var childSAs: [ESPSPI: ChildSASummary] = [:]
  /// Why the tunnel is not up, if it is not.
  private(set) var failure: Failure?
  /// Why it went down, if it was up before.
  private(set) var closed: String?
  /// Whether the peer has ever answered since the last start of the role.
  private(set) var hasPeerAnswered = false
  /// The peer's endpoint, as far as known.
  private(set) var remoteEndpoint: Endpoint?
  /// Where our end has moved to since Phase 1 came up (RFC 4555).
  private var relocation: Endpoint?
  /// Whether the Child SAs are those of an ike process that has died: they carry traffic until its successor has
  /// negotiated others.
  private var isOrphaned = false

  /// The pair that carries traffic: the youngest.
  var childSA: ChildSASummary? { childSAs.values.max { $0.established < $1.established } }

  /// Our own endpoint; nil while Phase 1 is not up.
  var localEndpoint: Endpoint? { ikeSA.map { relocation ?? $0.local } }

  /// Takes note of a report.
  mutating func received(_ content: IKEReport.Content, at date: Date) {
    switch content {
    case .connecting(let remote): remoteEndpoint = remote
    case .established(let summary): established(summary)
    case .childEstablished(let summary): childEstablished(summary)
    case .childClosed(let spi, let reason):
      childSAs[spi] = nil
      if childSAs.isEmpty { closed = reason }
    case .failed(let failure): failed(failure, at: date)
    case .closed(let reason):
      ikeSA = nil
      childSAs = [:]
      closed = reason
    case .lostByPeer: ikeSA = nil
    case .moved(let remote): remoteEndpoint = remote
    case .relocated(let local): relocation = local
    }
  }

  /// The ike role has died and will be started anew.
  mutating func ikeRestarted() {
    ikeSA = nil
    failure = nil
    hasPeerAnswered = false
    isOrphaned = true
  }

  private mutating func established(_ summary: IKESASummary) {
    ikeSA = summary
    relocation = nil
    failure = nil
    closed = nil
    hasPeerAnswered = true
    remoteEndpoint = summary.remote
  }

  private mutating func childEstablished(_ summary: ChildSASummary) {
    if isOrphaned { childSAs = [:] }
    isOrphaned = false
    childSAs[summary.inboundSPI] = summary
    failure = nil
    closed = nil
  }

  private mutating func failed(_ failure: IKEReport.Failure, at date: Date) {
    self.failure = Failure(failure: failure, at: date)
    if failure.stage != .reachability { hasPeerAnswered = true }
    if let remote = failure.remote { remoteEndpoint = remote }
  }
}
