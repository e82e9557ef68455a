import ControlProtocol
import Foundation

/// Follows a network until every site runs a revision with all its tunnels up, or time is over.
struct ConvergenceWatch {
  let client: ControllerClient
  let revision: Int
  let timeout: Duration

  /// Polls the controller and hands on each step as it happens.
  ///
  /// - Returns: the last status, converged or not.
  func run(_ report: (String) -> Void) async throws -> API.NetworkStatus {
    let deadline = ContinuousClock.now + timeout
    var progress = Progress()
    while true {
      let status = try await client.status()
      progress.steps(to: status).forEach(report)
      if status.hasConverged(on: revision) || ContinuousClock.now >= deadline { return status }
      try await Task.sleep(for: .milliseconds(300))
    }
  }
}

extension API.NetworkStatus {
  /// Whether every managed site runs the revision with every tunnel up.
  func hasConverged(on revision: Int) -> Bool {
    self.revision == revision && sites.filter(\.isManaged).allSatisfy(\.isConverged)
  }
}

/// Which steps lie between one status and the next.
struct Progress {
  private var seen: [String: String] = [:]

  /// One line for each site and tunnel whose stage or fault is another than before.
  mutating func steps(to status: API.NetworkStatus) -> [String] {
    var lines: [String] = []
    for site in status.sites where site.isManaged {
      note(site.site, site.headline, &lines)
      for tunnel in site.status?.tunnels ?? [] {
        note("\(site.site)  \(tunnel.name)", tunnel.headline, &lines)
      }
    }
    return lines
  }

  private mutating func note(_ subject: String, _ headline: String, _ lines: inout [String]) {
    if seen.updateValue(headline, forKey: subject) != headline { lines.append("\(subject): \(headline)") }
  }
}

extension API.SiteState {
  fileprivate var headline: String {
    if isConverged { return "converged on revision \(desiredRevision)" }
    guard isConnected else { return "waiting for its agent" }
    return "connected, \(status?.revision == desiredRevision ? "runs" : "receives") revision \(desiredRevision)"
  }
}

extension TunnelStatus {
  fileprivate var headline: String {
    reached.title + (fault.map { "; \($0.stage.title): \($0.cause)" } ?? "")
  }
}
