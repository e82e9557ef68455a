import IKE
import WireFormat

/// The reports that still hold: what a supervisor must be told that was not there when they were made.
struct LastingReports {
  private var byConnection: [String: [IKEReport]] = [:]

  /// Those of every connection, in the order in which they were made.
  var all: [IKEReport] { byConnection.sorted { $0.key < $1.key }.flatMap(\.value) }

  /// Takes note of a report; it may put an end to earlier ones.
  mutating func note(_ report: IKEReport) {
    guard let connection = report.connection else { return }
    let kept = byConnection[connection, default: []].filter { !report.content.supersedes($0.content) }
    byConnection[connection] = kept + (report.content.isEndOfChild ? [] : [report])
  }

  /// Forgets connections that are not configured any more.
  mutating func keep(_ connections: some Sequence<String>) {
    let known = Set(connections)
    byConnection = byConnection.filter { known.contains($0.key) }
  }
}

extension IKEReport.Content {
  /// Whether it only takes back an earlier report.
  fileprivate var isEndOfChild: Bool {
    if case .childClosed = self { true } else { false }
  }

  /// Whether `earlier` holds no more after this.
  fileprivate func supersedes(_ earlier: IKEReport.Content) -> Bool {
    switch (self, earlier) {
    case (.closed, _): true
    case (.childEstablished, .failed), (.established, .failed), (.established, .closed), (.connecting, .connecting),
      (.established, .connecting), (.established, .established), (.established, .lostByPeer),
      (.lostByPeer, .established), (.failed, .failed), (.moved, .moved),
      (.relocated, .relocated):
      true
    case (.childClosed(let spi, _), .childEstablished(let summary)): summary.inboundSPI == spi
    default: false
    }
  }
}
