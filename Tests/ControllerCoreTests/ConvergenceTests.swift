import ControlProtocol
import Foundation
import Testing
import Topology
import WireFormat

@testable import ControllerCore

@Suite("Convergence")
struct ConvergenceTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let desired: DesiredNetwork

  init() throws { desired = DesiredNetwork(try Sample.baseline(revision: 4)) }

  /// The sites when every agent reports everything up, but for what `change` makes of Paris' report.
  private func sites(
    of network: DesiredNetwork? = nil, change: (inout SiteObservation) -> Void = { _ in }
  ) -> [String: API.SiteState] {
    let desired = network ?? desired
    var observations = desired.configurations.mapValues { configuration in
      SiteObservation(lastHeard: now - 1, heldRevision: 4, status: Sample.status(of: configuration, at: now - 1))
    }
    change(&observations["paris", default: SiteObservation()])
    let convergence = Convergence(
      desired: desired, observations: observations, enrolledSites: ["berlin", "paris"], now: now)
    return Dictionary(uniqueKeysWithValues: convergence.sites().map { ($0.site, $0) })
  }

  @Test("when every tunnel is up end to end, every site has converged, the third party's too")
  func everythingUp() {
    let sites = sites()
    #expect(sites.keys.sorted() == ["berlin", "paris", "partner"])
    #expect(sites.values.allSatisfy { $0.isConverged && $0.faults.isEmpty })
    #expect(sites["partner"]?.isManaged == false)
    #expect(sites["paris"]?.isConnected == true)
  }

  @Test("a tunnel's fault holds up its own site and the third party at its other end, and nobody else")
  func tunnelFault() {
    let cause = "no proposal chosen: peer offers AES_CBC_128, we accept AES_GCM_16_256"
    let sites = sites { observation in
      observation.status?.tunnels[1].reached = .reachability
      observation.status?.tunnels[1].fault = Fault(stage: .ikeSA, cause: cause, at: now)
    }
    let expected = [Fault(stage: .ikeSA, cause: "paris.wan--partner.wan: \(cause)", at: now)]
    #expect(sites["paris"]?.faults == expected)
    #expect(sites["partner"]?.faults == expected)
    #expect(sites["berlin"]?.isConverged == true)
  }

  @Test("a third party that is asked to go to another hub holds nobody up")
  func redirected() {
    var desired = desired
    desired.configurations["paris"]?.tunnels[1].redirect = .v4(1)
    let sites = sites(of: desired) { $0.status?.tunnels[1].reached = .reachability }
    #expect(sites.values.allSatisfy { $0.isConverged })
  }

  @Test(
    "a tunnel below the last stage without a fault is still coming up, at the next stage", arguments: Stage.allCases)
  func stages(reached: Stage) {
    let state = sites { $0.status?.tunnels[0].reached = reached }["paris"]
    #expect(state?.isConverged == (reached == .endToEnd))
    #expect(state?.faults.first?.stage == Stage.allCases.first { $0 > reached })
  }

  @Test("an agent that is silent, cut off or was never seen says when it was last heard")
  func notConnected() {
    let silent = sites { $0.lastHeard = now - 60 }["paris"]
    #expect(silent?.isConnected == false)
    #expect(silent?.faults.map(\.cause) == ["agent not connected since 2027-01-15T07:59:00Z"])
    #expect(sites { $0.isCutOff = true }["paris"]?.isConverged == false)
    let never = sites { $0 = SiteObservation() }
    #expect(never["paris"]?.faults.map(\.cause) == ["agent not connected since the controller started"])
    #expect(never["partner"]?.faults.map(\.cause) == ["paris: agent not connected since the controller started"])
  }

  @Test("a site without an enrolled agent is told what to do")
  func notEnrolled() {
    let sites = Convergence(desired: desired, observations: [:], enrolledSites: [], now: now).sites()
    #expect(sites.first?.faults.first?.cause.contains("keygen") == true)
    #expect(sites.first?.faults.first?.stage == .configuration)
  }

  @Test("an old revision, a refused one, and a missing report each hold the site up at its configuration")
  func configuration() {
    let old = sites { $0.status?.revision = 3 }["paris"]
    #expect(old?.faults.map(\.cause) == ["agent runs revision 3, not yet revision 4"])
    let refused = sites { $0.refusal = (4, "no interface wan0", now) }["paris"]
    #expect(refused?.faults.map(\.cause) == ["revision 4 refused: no interface wan0"])
    #expect(sites { $0.refusal = (3, "no interface wan0", now) }["paris"]?.isConverged == true)
    #expect(sites { $0.status = nil }["paris"]?.faults.map(\.stage) == [.configuration])
  }

  @Test("missing networks, missing tunnels and the site's own faults hold it up")
  func otherFaults() throws {
    let prefix = try #require(IPPrefix("10.3.0.0/24"))
    #expect(
      sites { $0.status?.missingPrefixes = [prefix] }["paris"]?.faults.map(\.cause)
        == ["no route into a tunnel for 10.3.0.0/24"])
    #expect(sites { $0.status?.tunnels = [] }["paris"]?.faults.count == 2)
    let fault = Fault(stage: .routing, cause: "ospfd does not start", at: now)
    #expect(sites { $0.status?.faults = [fault] }["paris"]?.faults == [fault])
  }
}
