import ControlProtocol
import Foundation
import Topology

/// What the controller has heard of one site's agent since it started.
struct SiteObservation: Sendable {
  /// Seconds of silence after which an agent counts as gone: it reports every few seconds.
  static let patience = 10.0

  /// When the agent was last heard.
  var lastHeard: Date?
  /// Whether the connection is known to be gone, before the patience is up.
  var isCutOff = false
  /// The revision that the agent holds, by its own word.
  var heldRevision: Int?
  /// The last revision that the agent refused, and why.
  var refusal: (revision: Int, reason: String)?
  /// The last revision that was sent to it, and when.
  var push: (revision: Int, at: Date)?
  /// Its last report.
  var status: SiteStatus?

  /// Whether the agent is there.
  func isConnected(at now: Date) -> Bool {
    guard !isCutOff, let lastHeard else { return false }
    return now.timeIntervalSince(lastHeard) < Self.patience
  }

  /// Takes note of a message.
  mutating func hear(_ message: AgentMessage, at now: Date) {
    lastHeard = now
    isCutOff = false
    switch message {
    case .hello(_, _, let revision):
      heldRevision = revision
      // What was sent on an earlier connection may not have arrived, and a newer agent may take what it refused.
      push = nil
      refusal = nil
    case .accepted(let revision):
      heldRevision = revision
    case .refused(let revision, let reason):
      refusal = (revision, reason)
    case .status(let report):
      status = report
    }
  }

  /// Whether the agent should be sent `revision` now: it does not hold it, has not refused it, and is not just at it.
  func needs(revision: Int, at now: Date) -> Bool {
    if heldRevision == revision || refusal?.revision == revision { return false }
    guard let push, push.revision == revision else { return true }
    return now.timeIntervalSince(push.at) >= Self.patience
  }
}

/// What the network should be: the current revision and each managed site's part of it.
struct DesiredNetwork: Sendable {
  /// The current revision; 0 before the first.
  var revision = 0
  /// The topology's name.
  var topology = ""
  /// What each managed site is told.
  var configurations: [String: SiteConfiguration] = [:]

  /// Nothing, before the first revision.
  init() {}

  /// What a stored revision wants.
  init(_ baseline: Baseline) {
    revision = baseline.revision
    topology = baseline.topology
    configurations = baseline.configurations
  }

  /// What a site should be told now; nil before the first revision, when nothing is known of any site.
  func message(for site: String) -> ControllerMessage? {
    if revision == 0 { return nil }
    return configurations[site].map(ControllerMessage.configuration) ?? .retire(revision: revision)
  }
}
