import ControlProtocol
import Foundation
import Topology

/// What the controller has heard of one site's agent since it started.
struct SiteObservation: Sendable {
  /// Seconds of silence after which an agent counts as gone, and a push as lost: it reports every few seconds.
  static let patience = 10.0
  /// Seconds until a revision that was refused is offered again: what was in its way may have gone.
  static let patienceAfterRefusal = 60.0

  /// When the agent was last heard.
  var lastHeard: Date?
  /// Whether the connection is known to be gone, before the patience is up.
  var isCutOff = false
  /// The revision that the agent holds, by its own word.
  var heldRevision: Int?
  /// The agent's version.
  var version: String?
  /// The last revision that the agent refused, why and when.
  var refusal: (revision: Int, reason: String, at: Date)?
  /// The last revision that was sent to it, and when.
  var push: (revision: Int, at: Date)?
  /// The authority with the list that was sent to it last on this connection.
  var authority: ControllerMessage?
  /// The shortcuts that were sent to it last; nil for none on this connection.
  var shortcuts: [Tunnel]?
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
    case .hello(_, let version, let revision):
      self.version = version
      heldRevision = revision
      // What was sent on an earlier connection may not have arrived.
      push = nil
      authority = nil
      shortcuts = nil
    case .accepted(let revision):
      heldRevision = revision
    case .refused(let revision, let reason):
      refusal = (revision, reason, now)
    case .status(let report):
      status = report
    case .certificateRequest, .demand: break
    }
  }

  /// Whether the agent should be sent `revision` now: it does not hold it, and was not asked to just before.
  func needs(revision: Int, at now: Date) -> Bool {
    if isCutOff || lastHeard == nil || heldRevision == revision { return false }
    if let refusal, refusal.revision == revision, now.timeIntervalSince(refusal.at) < Self.patienceAfterRefusal {
      return false
    }
    guard let push, push.revision == revision else { return true }
    return now.timeIntervalSince(push.at) >= Self.patience
  }

  /// Whether the agent should be told to take everything down: it holds something, and was not told before.
  func needsRetirement(revision: Int) -> Bool {
    if isCutOff || lastHeard == nil { return false }
    return (heldRevision != 0 || push != nil) && push?.revision != revision
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
  /// The topology, and what was handed out for it: what shortcuts are made of. Nil where there can be none.
  var shortcutGround: ShortcutGround?

  /// Nothing, before the first revision.
  init() {}

  /// What a stored revision wants.
  init(_ baseline: Baseline) {
    revision = baseline.revision
    topology = baseline.topology
    configurations = baseline.configurations
    if let document = baseline.document, let setting = document.shortcuts {
      shortcutGround = ShortcutGround(
        document: document, allocations: baseline.allocations, idle: Double(setting.idleSeconds))
    }
  }
}
