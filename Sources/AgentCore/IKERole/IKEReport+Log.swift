import IKE
import Logging

extension Logger {
  /// Writes what the IKE engine reports.
  func log(_ report: IKEReport) {
    let tunnel = report.connection ?? "unknown"
    switch report.content {
    case .connecting(let remote): debug("connecting", metadata: .fields([.tunnel: tunnel, .address: remote]))
    case .established(let summary):
      info(
        summary.isResumed ? "phase 1 is resumed" : "phase 1 is up",
        metadata: .fields([.tunnel: tunnel, .address: summary.remote]))
    case .childEstablished: info("phase 2 is up", metadata: .fields([.tunnel: tunnel]))
    case .childClosed(_, let reason): info("phase 2 is closed", metadata: .fields([.tunnel: tunnel, .cause: reason]))
    case .failed(let failure):
      let stage = failure.stage.rawValue
      warning("no tunnel", metadata: .fields([.tunnel: tunnel, .stage: stage, .cause: failure.cause]))
    case .closed(let reason): info("phase 1 is closed", metadata: .fields([.tunnel: tunnel, .cause: reason]))
    case .lostByPeer: info("the peer has restarted and lost phase 1", metadata: .fields([.tunnel: tunnel]))
    case .moved(let remote): info("the peer has moved", metadata: .fields([.tunnel: tunnel, .address: remote]))
    case .relocated(let local): info("the tunnel has moved", metadata: .fields([.tunnel: tunnel, .address: local]))
    }
  }
}
