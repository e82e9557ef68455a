import ControlProtocol
import Foundation
import Testing
import Topology

@testable import ControllerCore

@Suite("The site registry")
struct SiteRegistryTests {
  private let clock = WallClock()
  private let registry: SiteRegistry
  private let certificates: CertificateOffice
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let state = try StateDirectory(path: directory.path)
    certificates = try CertificateOffice(state, try Store(state))
    registry = SiteRegistry(certificates: certificates, logger: silent) { [clock] in clock.now }
  }

  private func hello(_ site: String, _ revision: Int) -> [ControllerMessage] {
    registry.received(.hello(site: site, version: "1", revision: revision), from: site)
  }

  @Test("a hello with another revision is answered with the site's own part, and one with the same is not answered")
  func helloIsAnswered() throws {
    let baseline = try Sample.baseline(revision: 2)
    #expect(registry.adopt(DesiredNetwork(baseline)).isEmpty, "nobody is connected")
    let paris = try #require(baseline.configurations["paris"])
    #expect(hello("paris", 1) == [.configuration(paris)])
    #expect(hello("paris", 2) == [])
  }

  @Test("an apply is pushed to the sites that are connected, once")
  func applyIsPushed() throws {
    #expect(hello("paris", 0) == [], "there is no revision yet")
    let baseline = try Sample.baseline()
    let paris = try #require(baseline.configurations["paris"])
    let pushed = registry.adopt(DesiredNetwork(baseline))
    #expect(pushed.map(\.site) == ["paris"])
    #expect(pushed.map(\.message) == [.configuration(paris)])
    let old = Sample.status(of: paris, at: clock.now) { $0.revision = 0 }
    #expect(registry.received(.status(old), from: "paris") == [], "it is still at it")
    #expect(registry.received(.accepted(revision: 1), from: "paris") == [])
    clock.advance(by: 60)
    #expect(registry.received(.status(old), from: "paris") == [], "it has accepted")
  }

  @Test("a push that got lost is repeated soon, one that was refused after a while")
  func lostPushIsRepeated() throws {
    _ = hello("paris", 0)
    let baseline = try Sample.baseline()
    let paris = try #require(baseline.configurations["paris"])
    #expect(registry.adopt(DesiredNetwork(baseline)).count == 1)
    let old = Sample.status(of: paris, at: clock.now) { $0.revision = 0 }
    clock.advance(by: SiteObservation.patience)
    #expect(registry.received(.status(old), from: "paris") == [.configuration(paris)])
    #expect(registry.received(.refused(revision: 1, reason: "no interface wan0"), from: "paris") == [])
    clock.advance(by: SiteObservation.patience)
    #expect(registry.received(.status(old), from: "paris") == [])
    clock.advance(by: SiteObservation.patienceAfterRefusal)
    #expect(registry.received(.status(old), from: "paris") == [.configuration(paris)])
  }

  @Test("an agent that has been quiet since its hello still gets the next apply")
  func quietAgentIsPushed() throws {
    _ = hello("paris", 0)
    clock.advance(by: 3600)
    #expect(registry.adopt(DesiredNetwork(try Sample.baseline())).map(\.site) == ["paris"])
    registry.disconnected("paris")
    #expect(registry.adopt(DesiredNetwork(try Sample.baseline(revision: 2))).isEmpty)
  }

  @Test("a site that leaves the topology is told to take everything down, at once or when it comes back")
  func removedSiteRetires() throws {
    var baseline = try Sample.baseline()
    _ = registry.adopt(DesiredNetwork(baseline))
    _ = hello("berlin", 1)
    baseline.revision = 2
    baseline.configurations["berlin"] = nil
    let pushed = registry.adopt(DesiredNetwork(baseline))
    #expect(pushed.map(\.site) == ["berlin"])
    #expect(pushed.map(\.message) == [.retire(revision: 2)])
    clock.advance(by: 60)
    #expect(registry.received(.accepted(revision: 1), from: "berlin") == [], "it has been told")
    #expect(hello("berlin", 1) == [.retire(revision: 2)])
    #expect(hello("berlin", 0) == [], "it holds nothing any more")
  }

  @Test("before the first revision nobody is told to take anything down")
  func freshControllerRetiresNobody() {
    #expect(hello("berlin", 7) == [])
  }

  @Test("a site's part holds no tunnel and no secret of other sites")
  func ownSecretsOnly() throws {
    var baseline = try Sample.baseline()
    baseline.configurations["madrid"] = try Sample.configuration("madrid", peers: ["paris"], secret: 77)
    _ = registry.adopt(DesiredNetwork(baseline))
    guard case .configuration(let configuration) = try #require(hello("berlin", 0).first) else {
      Issue.record("no configuration")
      return
    }
    #expect(configuration.site == "berlin")
    #expect(configuration.tunnels.allSatisfy { $0.authentication.presharedKey?.bytes.contains(77) == false })
  }

  @Test("a new revocation list goes once to each connected site that proves identities, to others when they are back")
  func revocationList() throws {
    var baseline = try Sample.baseline()
    for index in baseline.configurations["paris"]?.tunnels.indices ?? 0..<0 {
      baseline.configurations["paris"]?.tunnels[index].authentication = .certificate(.network)
    }
    _ = registry.adopt(DesiredNetwork(baseline))
    #expect(hello("paris", 1) == [certificates.authority])
    #expect(hello("berlin", 1) == [])
    #expect(registry.authorityUpdates().isEmpty)
    try certificates.renewList(at: clock.now.addingTimeInterval(60))
    let updates = registry.authorityUpdates()
    #expect(updates.map(\.site) == ["paris"] && updates.map(\.message) == [certificates.authority])
    #expect(registry.authorityUpdates().isEmpty)
    registry.disconnected("paris")
    try certificates.renewList(at: clock.now.addingTimeInterval(120))
    #expect(registry.authorityUpdates().isEmpty)
    #expect(hello("paris", 1) == [certificates.authority])
  }

  @Test("a revoked key disconnects its site, and refused messages are counted")
  func revocation() throws {
    let key = try CurveKeyPair.generate().publicKey
    registry.adopt([key: "paris"])
    _ = registry.adopt(DesiredNetwork(try Sample.baseline()))
    _ = hello("paris", 1)
    let isConnected = { registry.status().sites.first { $0.site == "paris" }?.isConnected }
    #expect(isConnected() == true)
    registry.adopt([:])
    #expect(isConnected() == false)
    #expect(registry.site(enrolledWith: key) == nil)
    registry.dropped(.keyRevoked)
    registry.dropped(.malformed(site: "paris", reason: "2 frames"))
    #expect(registry.drops == 2)
  }
}
