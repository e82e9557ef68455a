import ControlProtocol
import Foundation
import Logging
import Synchronization
import Topology

/// The sites as the controller knows them: what they should run, what they say, whose keys are enrolled.
///
/// The listener's thread brings messages in, the API asks; a lock keeps them apart.
final class SiteRegistry: AgentRegistry {
  private struct State {
    var desired = DesiredNetwork()
    var enrolled: [CurvePublicKey: String] = [:]
    var observations: [String: SiteObservation] = [:]
    var shortcuts = Shortcuts()
    var drops = 0
  }

  private let state = Mutex(State())
  private let certificates: CertificateOffice
  private let logger: Logger
  private let now: @Sendable () -> Date

  /// A registry without sites. `now` is the clock, which a test sets by hand.
  init(certificates: CertificateOffice, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }) {
    self.certificates = certificates
    self.logger = logger
    self.now = now
  }

  // MARK: What should be

  /// Takes over a revision, and returns what must be sent where: to each connected site its own part, and word to
  /// those that are no longer in the topology.
  func adopt(_ desired: DesiredNetwork) -> [(site: String, message: ControllerMessage)] {
    let now = now()
    return state.withLock { state in
      let removed = Set(state.desired.configurations.keys).subtracting(desired.configurations.keys)
      state.desired = desired
      state.shortcuts.adopt(desired.shortcutGround)
      return (Array(desired.configurations.keys) + removed).sorted().flatMap { site in
        push(to: site, &state, at: now).map { (site: site, message: $0) }
      }
    }
  }

  /// Takes over the enrolled keys. A site whose key has gone or changed is not connected any more.
  func adopt(_ enrolled: [CurvePublicKey: String]) {
    state.withLock { state in
      for (key, site) in state.enrolled where enrolled[key] != site { state.observations[site]?.isCutOff = true }
      state.enrolled = enrolled
    }
  }

  /// What each connected site must be sent because the authority's revocation list has changed.
  func authorityUpdates() -> [(site: String, message: ControllerMessage)] {
    state.withLock { state in
      state.observations.keys.sorted().compactMap { site in
        authority(for: site, &state).map { (site: site, message: $0) }
      }
    }
  }

  /// The authority and its list, where a site proves identities and was not sent this list before.
  private func authority(for site: String, _ state: inout State) -> ControllerMessage? {
    guard state.desired.configurations[site]?.certifiedIdentities.isEmpty == false,
      let observation = state.observations[site], !observation.isCutOff,
      observation.authority != certificates.authority
    else { return nil }
    state.observations[site]?.authority = certificates.authority
    return certificates.authority
  }

  /// What `site` is to be sent now, if anything. Before the first revision nobody is told anything: a controller that
  /// has lost its state must not take down the network that it finds.
  private func push(to site: String, _ state: inout State, at now: Date) -> [ControllerMessage] {
    pushRevision(to: site, &state, at: now) + pushShortcuts(to: site, &state, at: now)
  }

  /// The site's shortcuts, where they are others than it was sent: to an agent that has, or was sent, the revision that
  /// they belong to.
  private func pushShortcuts(to site: String, _ state: inout State, at now: Date) -> [ControllerMessage] {
    let revision = state.desired.revision
    guard let observation = state.observations[site], observation.isConnected(at: now),
      observation.heldRevision == revision || observation.push?.revision == revision,
      let configuration = state.desired.configurations[site], !configuration.shortcutPeers.isEmpty,
      let tunnels = state.shortcuts.tunnels(of: site, at: now), tunnels != observation.shortcuts
    else { return [] }
    state.observations[site]?.shortcuts = tunnels
    logger.info("shortcuts sent", metadata: .fields([.site: site, .count: String(tunnels.count)]))
    return [.shortcuts(tunnels)]
  }

  private func pushRevision(to site: String, _ state: inout State, at now: Date) -> [ControllerMessage] {
    let revision = state.desired.revision
    guard revision > 0, let observation = state.observations[site] else { return [] }
    let messages: [ControllerMessage]
    if let configuration = state.desired.configurations[site] {
      guard observation.needs(revision: revision, at: now) else { return [] }
      state.observations[site]?.authority = nil
      messages = [authority(for: site, &state), .configuration(configuration)].compactMap(\.self)
    } else {
      guard observation.needsRetirement(revision: revision) else { return [] }
      messages = [.retire(revision: revision)]
    }
    state.observations[site]?.push = (revision, now)
    return messages
  }

  /// The certificate that an agent asks for: it says what the topology says of the site, whatever the request says.
  private func certify(_ request: Data, of site: String) -> [ControllerMessage] {
    let identities = state.withLock { $0.desired.configurations[site]?.certifiedIdentities ?? [] }
    do {
      guard let certificate = try certificates.certify(request, of: site, identities: identities, at: now()) else {
        return []
      }
      logger.info("certificate issued", metadata: .fields([.site: site]))
      let authority = certificates.authority
      state.withLock { $0.observations[site]?.authority = authority }
      return [authority, .certificate(certificate)]
    } catch {
      logger.error("no certificate issued", metadata: .fields([.site: site, .reason: "\(error)"]))
      return []
    }
  }

  // MARK: What is

  /// The whole network.
  func status() -> API.NetworkStatus {
    let now = now()
    return state.withLock { state in
      let convergence = Convergence(
        desired: state.desired, observations: state.observations, enrolledSites: Set(state.enrolled.values), now: now)
      return API.NetworkStatus(
        topology: state.desired.revision == 0 ? nil : state.desired.topology, revision: state.desired.revision,
        sites: convergence.sites())
    }
  }

  /// Messages and connections refused since the start.
  var drops: Int { state.withLock { $0.drops } }

  // MARK: AgentRegistry

  /// The site that a key is enrolled for now.
  func site(enrolledWith key: CurvePublicKey) -> String? { state.withLock { $0.enrolled[key] } }

  /// Takes note of what an agent says; the answer is the current revision where the agent lacks it.
  func received(_ message: AgentMessage, from site: String) -> [ControllerMessage] {
    let now = now()
    let (wasConnected, answer) = state.withLock { state in
      let wasConnected = state.observations[site]?.isConnected(at: now) ?? false
      state.observations[site, default: SiteObservation()].hear(message, at: now)
      if case .demand(let peers) = message { state.shortcuts.demand(from: site, to: peers, at: now) }
      let answer = push(to: site, &state, at: now)
      return (wasConnected, answer.isEmpty ? authority(for: site, &state).map { [$0] } ?? [] : answer)
    }
    if !wasConnected { logger.info("agent connected", metadata: .fields([.site: site])) }
    log(message, from: site)
    guard case .certificateRequest(let request) = message else { return answer }
    return answer + certify(request, of: site)
  }

  /// Counts what was refused, and says so.
  func dropped(_ drop: AgentListener.Drop) {
    state.withLock { $0.drops += 1 }
    switch drop {
    case .keyNotEnrolled(let key):
      logger.warning("connection refused: key not enrolled", metadata: .fields([.key: key.description]))
    case .keyRevoked:
      logger.warning("message dropped: its key is no longer enrolled")
    case .malformed(let site, let reason):
      logger.warning("message dropped: malformed", metadata: .fields([.site: site, .reason: reason]))
    case .otherSite(let site, let claimed):
      logger.warning(
        "message dropped: it speaks for another site", metadata: .fields([.site: site, .claimedSite: claimed]))
    case .notDelivered(let site):
      logger.error("message too large for the agent", metadata: .fields([.site: site]))
    }
  }

  /// Takes note that an agent is gone.
  func disconnected(_ site: String) {
    logger.info("agent disconnected", metadata: .fields([.site: site]))
    state.withLock { $0.observations[site]?.isCutOff = true }
  }

  private func log(_ message: AgentMessage, from site: String) {
    switch message {
    case .hello(_, let version, let revision):
      logger.debug("hello", metadata: .fields([.site: site, .agentVersion: version, .revision: String(revision)]))
    case .accepted(let revision):
      logger.info("revision accepted", metadata: .fields([.site: site, .revision: String(revision)]))
    case .refused(let revision, let reason):
      logger.warning(
        "revision refused", metadata: .fields([.site: site, .revision: String(revision), .reason: reason]))
    case .status, .certificateRequest, .demand: break
    }
  }
}
