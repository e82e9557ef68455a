import ControlProtocol
import Foundation
import Logging
import Synchronization
import Topology

/// What a request asks for and cannot have; the API answers with it.
enum RequestFailure: Error, Equatable {
  /// There is no such revision.
  case unknownRevision(Int)
  /// The site has no key to take away.
  case notEnrolled(site: String)
  /// The key belongs to another site.
  case keyInUse(by: String)
  /// Something in the request is not what it should be.
  case malformed(String)
}

/// The way of an apply: text → proposal → one transaction → registry → push.
///
/// All methods may be called from any task and throw `ValidationFailure`, `RequestFailure` or `StoreFailure`.
final class Controller: Sendable {
  private let store: Store
  private let registry: SiteRegistry
  private let certificates: CertificateOffice
  private let listener: AgentListener
  private let logger: Logger
  /// What is current, as the store has it. Locked for the whole of a change, from the proposal over the transaction to
  /// the push, so that sites hear of revisions in their order.
  private let current: Mutex<Baseline>

  /// A controller in the state that its store remembers.
  init(
    store: Store, registry: SiteRegistry, certificates: CertificateOffice, listener: AgentListener, logger: Logger
  ) throws {
    self.store = store
    self.registry = registry
    self.certificates = certificates
    self.listener = listener
    self.logger = logger
    let baseline = try store.baseline()
    current = Mutex(baseline)
    registry.adopt(try store.enrolledKeys())
    _ = registry.adopt(DesiredNetwork(baseline))
  }

  // MARK: Revisions

  /// What applying `text` would change.
  func plan(_ text: [UInt8], file: String) throws -> API.Plan {
    let baseline = current.withLock { $0 }
    return try Planner.propose(text, file: file, on: baseline).plan
  }

  /// Stores a revision and sends each site its part. The same text again changes nothing.
  func apply(_ text: [UInt8], file: String, origin: String = "apply") throws -> API.Applied {
    try current.withLock { current in
      let proposal = try Planner.propose(text, file: file, on: current)
      guard proposal.isNew else { return API.Applied(revision: current.revision, plan: proposal.plan) }
      try store.apply(proposal, origin: origin, at: Date())
      current = proposal.result
      // No site proves what it is no longer to those that hear of it with this revision.
      try certificates.keepOnly(current.configurations.mapValues(\.certifiedIdentities), at: Date())
      logger.info(
        "revision stored",
        metadata: .fields([.revision: String(current.revision), .origin: origin, .topology: current.topology]))
      for (site, message) in registry.adopt(DesiredNetwork(current)) { listener.send(message, to: site) }
      return API.Applied(revision: current.revision, plan: proposal.plan)
    }
  }

  /// Applies the text of an earlier revision as a new one.
  func rollback(to number: Int) throws -> API.Applied {
    try apply(try text(ofRevision: number), file: "revision \(number)", origin: "rollback to \(number)")
  }

  /// All revisions, the newest first.
  func revisions() throws -> [API.Revision] { try store.revisions() }

  /// The YAML of a revision.
  func text(ofRevision number: Int) throws -> [UInt8] {
    guard let text = try store.text(ofRevision: number) else { throw RequestFailure.unknownRevision(number) }
    return text
  }

  // MARK: Sites

  /// The whole network.
  func status() -> API.NetworkStatus { registry.status() }

  /// Messages and connections refused since the start.
  var drops: Int { registry.drops }

  /// Gives a site's agent its key. A key that the site had before is refused from now on, also in a live session.
  func enrol(_ key: CurvePublicKey, for site: String) throws {
    try current.withLock { _ in
      if let other = try store.enrolledKeys()[key], other != site { throw RequestFailure.keyInUse(by: other) }
      try store.enrol(key, for: site)
      registry.adopt(try store.enrolledKeys())
    }
    logger.info("agent enrolled", metadata: .fields([.site: site, .key: key.description]))
  }

  /// Takes a site's key away, also from a live session, and withdraws its certificates: the other sites, which are told
  /// at once, close the tunnels that it has proved itself for with one.
  func revoke(_ site: String) throws {
    try current.withLock { _ in
      guard try store.revokeKey(of: site, at: Date()) else { throw RequestFailure.notEnrolled(site: site) }
      registry.adopt(try store.enrolledKeys())
      try certificates.renewList(at: Date())
      for (site, message) in registry.authorityUpdates() { listener.send(message, to: site) }
    }
    logger.info("agent's key revoked", metadata: .fields([.site: site]))
  }
}
