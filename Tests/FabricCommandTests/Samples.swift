import ControlProtocol
import Foundation

/// Statuses as a controller reports them.
enum Samples {
  static let date = Date(timeIntervalSince1970: 0)

  static func tunnel(_ reached: Stage, fault: Fault? = nil, name: String = "berlin.dsl--hq.isp-a") -> TunnelStatus {
    TunnelStatus(
      name: name, interface: "vti1", peerSite: "hq", uplink: "dsl", localEndpoint: nil, remoteEndpoint: nil,
      reached: reached, fault: fault, ikeSA: nil, childSA: nil, counters: .init())
  }

  static func site(
    _ name: String, isConverged: Bool, isConnected: Bool = true, faults: [Fault] = [], tunnels: [TunnelStatus] = []
  ) -> API.SiteState {
    let status = SiteStatus(
      site: name, revision: 3, agentVersion: "0", at: date, uplinks: [], tunnels: tunnels, reachablePrefixes: [],
      missingPrefixes: [], faults: [])
    return API.SiteState(
      site: name, isManaged: true, isConnected: isConnected, lastSeen: date, desiredRevision: 3,
      isConverged: isConverged, faults: faults, status: status)
  }

  static func network(_ sites: API.SiteState...) -> API.NetworkStatus {
    API.NetworkStatus(topology: "acme", revision: 3, sites: sites)
  }

  static func fault(_ stage: Stage, _ cause: String) -> Fault { Fault(stage: stage, cause: cause, at: date) }
}
