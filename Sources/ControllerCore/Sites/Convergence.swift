import ControlProtocol
import Foundation
import Topology

/// Judges whether the sites are where the current revision wants them, and names what stands in the way.
///
/// A managed site has converged if its agent is connected, runs the current revision, reports every tunnel end to end,
/// misses no network and names no fault. A third party's site has converged if the other ends of all its tunnels say so.
struct Convergence {
  let desired: DesiredNetwork
  let observations: [String: SiteObservation]
  let enrolledSites: Set<String>
  let now: Date

  /// Every site of the topology, by name.
  func sites() -> [API.SiteState] {
    let managed = desired.configurations.values.map(managedSite)
    let unmanagedNames = Set(
      desired.configurations.values.flatMap(\.tunnels).filter { !$0.peerIsManaged }.map(\.peerSite))
    return (managed + unmanagedNames.map(unmanagedSite)).sorted { $0.site < $1.site }
  }

  private func managedSite(_ configuration: SiteConfiguration) -> API.SiteState {
    let observation = observations[configuration.site] ?? SiteObservation()
    let faults = faults(of: configuration, observation)
    return API.SiteState(
      site: configuration.site, isManaged: true, isConnected: observation.isConnected(at: now),
      lastSeen: observation.lastHeard, desiredRevision: desired.revision, isConverged: faults.isEmpty, faults: faults,
      status: observation.status)
  }

  private func unmanagedSite(_ name: String) -> API.SiteState {
    let faults = desired.configurations.values.sorted { $0.site < $1.site }.flatMap { configuration in
      farEndFaults(of: name, seenFrom: configuration)
    }
    return API.SiteState(
      site: name, isManaged: false, isConnected: false, lastSeen: nil, desiredRevision: desired.revision,
      isConverged: faults.isEmpty, faults: faults, status: nil)
  }

  /// What a managed site says about its tunnels to a third party's.
  private func farEndFaults(of name: String, seenFrom configuration: SiteConfiguration) -> [Fault] {
    let tunnels = configuration.tunnels.filter { $0.peerSite == name }
    guard !tunnels.isEmpty else { return [] }
    let observation = observations[configuration.site] ?? SiteObservation()
    if let fault = configurationFault(of: configuration.site, observation) {
      return [Fault(stage: fault.stage, cause: "\(configuration.site): \(fault.cause)", at: fault.at)]
    }
    return tunnels.compactMap { fault(of: $0, in: observation.status) }
  }

  private func faults(of configuration: SiteConfiguration, _ observation: SiteObservation) -> [Fault] {
    if let fault = configurationFault(of: configuration.site, observation) { return [fault] }
    guard let status = observation.status else { return [] }
    var faults = status.faults + configuration.tunnels.compactMap { fault(of: $0, in: status) }
    if !status.missingPrefixes.isEmpty {
      let prefixes = status.missingPrefixes.map(\.description).joined(separator: ", ")
      faults.append(Fault(stage: .endToEnd, cause: "no route into a tunnel for \(prefixes)", at: status.at))
    }
    return faults
  }

  /// Why the site does not run the current revision; nil if it does.
  private func configurationFault(of site: String, _ observation: SiteObservation) -> Fault? {
    if !observation.isConnected(at: now) { return Fault(stage: .configuration, cause: absence(of: site), at: now) }
    if let refusal = observation.refusal, refusal.revision == desired.revision {
      return Fault(stage: .configuration, cause: "revision \(refusal.revision) refused: \(refusal.reason)", at: now)
    }
    guard let status = observation.status else {
      return Fault(stage: .configuration, cause: "agent connected, has not reported yet", at: now)
    }
    if status.revision == desired.revision { return nil }
    let running = status.revision == 0 ? "no revision" : "revision \(status.revision)"
    return Fault(
      stage: .configuration, cause: "agent runs \(running), not yet revision \(desired.revision)", at: status.at)
  }

  private func absence(of site: String) -> String {
    if let lastHeard = observations[site]?.lastHeard {
      return "agent not connected since \(lastHeard.formatted(.iso8601))"
    }
    return enrolledSites.contains(site)
      ? "agent not connected since the controller started"
      : "no agent enrolled: run `fabric-agent keygen` there and enrol its public key"
  }

  private func fault(of tunnel: Tunnel, in status: SiteStatus?) -> Fault? {
    // Its peer is asked to go elsewhere.
    guard tunnel.redirect == nil else { return nil }
    guard let report = status?.tunnels.first(where: { $0.name == tunnel.name }) else {
      return Fault(stage: .configuration, cause: "\(tunnel.name): not reported by its gateway", at: status?.at ?? now)
    }
    if let fault = report.fault {
      return Fault(stage: fault.stage, cause: "\(tunnel.name): \(fault.cause)", at: fault.at)
    }
    guard let missing = Stage.allCases.first(where: { $0 > report.reached }) else { return nil }
    return Fault(stage: missing, cause: "\(tunnel.name): still coming up", at: status?.at ?? now)
  }
}
