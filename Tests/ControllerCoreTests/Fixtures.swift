import ControlProtocol
import Foundation
import Logging
import Synchronization
import Testing
import Topology
import WireFormat

@testable import ControllerCore

/// A directory of the test's own, gone after it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "fabric-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A wall clock that moves when the test says so.
final class WallClock: Sendable {
  private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

  var now: Date { time.withLock { $0 } }
  func advance(by seconds: TimeInterval) { time.withLock { $0 += seconds } }
}

/// A logger that says nothing.
let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Two managed sites and a third party's, every two of them connected by a tunnel.
enum Sample {
  static let sites = ["berlin", "paris"]

  static func configuration(
    _ site: String, revision: Int = 1, peers: [String], secret: UInt8 = 1
  ) throws -> SiteConfiguration {
    let loopback = try #require(IPAddress("10.255.0.1"))
    return SiteConfiguration(
      revision: revision, topology: "acme", site: site, loopbacks: [loopback], lans: [], uplinks: [],
      tunnels: peers.map { tunnel(from: site, to: $0, secret: secret) },
      routing: RoutingConfiguration(
        routingProtocol: .static, routerID: loopback, bfd: nil, announced: [], protected: []))
  }

  static func tunnelName(_ one: String, _ other: String) -> String {
    [one, other].sorted().map { "\($0).wan" }.joined(separator: "--")
  }

  static func tunnel(from site: String, to peer: String, secret: UInt8) -> Tunnel {
    Tunnel(
      name: tunnelName(site, peer), interface: "vti1", peerSite: peer, peerLoopbacks: [], peerPrefixes: [],
      peerIsManaged: sites.contains(peer), addressing: .unnumbered, uplink: "wan", remoteAddress: nil, initiates: true,
      localIdentity: site, remoteIdentity: peer,
      authentication: .presharedKey(PresharedKey(bytes: [UInt8](repeating: secret, count: 32))),
      ike: IKEProfile(
        encryption: ["aes256gcm16"], integrity: [], prf: ["sha256"], dhGroups: ["ecp384"], lifetimeSeconds: 86400,
        dpdSeconds: 10),
      ipsec: IPsecProfile(
        encryption: ["aes256gcm16"], integrity: [], extendedSequenceNumbers: true, pfs: [], lifetimeSeconds: 3600,
        lifetimeBytes: nil, replayWindow: 64),
      encapsulation: .udp, cost: 10)
  }

  /// What a store holds after `revision` applies.
  static func baseline(revision: Int = 1, secret: UInt8 = 1) throws -> Baseline {
    var baseline = Baseline(revision: revision, topology: "acme", digest: "digest of \(revision)")
    baseline.configurations = [
      "berlin": try configuration("berlin", revision: revision, peers: ["paris"], secret: secret),
      "paris": try configuration("paris", revision: revision, peers: ["berlin", "partner"], secret: secret),
    ]
    baseline.secrets = [SitePair("berlin", "paris"): PresharedKey(bytes: [UInt8](repeating: secret, count: 32))]
    baseline.postQuantumKeys = [SitePair("berlin", "paris"): PresharedKey(bytes: [secret, secret])]
    baseline.ospfKeys = [SitePair("berlin", "paris"): PresharedKey(bytes: [secret, secret, secret])]
    return baseline
  }

  static func proposal(_ result: Baseline, text: String = "text") -> Proposal {
    Proposal(
      text: Array(text.utf8), result: result, plan: API.Plan(fromRevision: result.revision - 1, changes: []),
      isNew: true)
  }

  /// A report in which every tunnel of the configuration is up, but for what `change` makes of it.
  static func status(
    of configuration: SiteConfiguration, at time: Date, change: (inout SiteStatus) -> Void = { _ in }
  ) -> SiteStatus {
    var status = SiteStatus(
      site: configuration.site, revision: configuration.revision, agentVersion: "1", at: time, uplinks: [],
      tunnels: configuration.tunnels.map { tunnel in
        TunnelStatus(
          name: tunnel.name, interface: tunnel.interface, peerSite: tunnel.peerSite, uplink: tunnel.uplink,
          localEndpoint: nil, remoteEndpoint: nil, reached: .endToEnd, fault: nil, ikeSA: nil, childSA: nil,
          counters: TunnelStatus.Counters())
      }, reachablePrefixes: [], missingPrefixes: [], faults: [])
    change(&status)
    return status
  }
}
