import Foundation
import Topology
import WireFormat

@testable import IKE

/// A branch with two ISP lines and a tunnel over each, to start tests from.
enum SampleSite {
  static func configuration(revision: Int = 1) -> SiteConfiguration {
    SiteConfiguration(
      revision: revision, topology: "acme", site: "berlin", loopbacks: [address("10.255.0.11")],
      lans: [LAN(interface: "lan0", addresses: [interfaceAddress("10.1.0.1/24")])],
      uplinks: [uplink("dsl", "wan0", "198.51.100"), uplink("lte", "wan1", "203.0.113")],
      tunnels: [tunnel("dsl", "vti0", cost: 10), tunnel("lte", "vti1", cost: 20)],
      routing: RoutingConfiguration(
        routingProtocol: .ospf(area: "0"), routerID: address("10.255.0.11"), bfd: nil,
        announced: [prefix("10.1.0.0/24"), prefix("10.255.0.11/32")],
        protected: [prefix("10.0.0.0/24"), prefix("10.255.0.1/32")]))
  }

  static func uplink(_ name: String, _ interface: String, _ network: String) -> Uplink {
    Uplink(
      name: name, interface: interface,
      addressing: .fixed(interfaceAddress("\(network).11/24"), gateway: address("\(network).254")),
      behindNAT: false, priority: name == "dsl" ? 1 : 2)
  }

  static func tunnel(_ uplink: String, _ interface: String, cost: Int) -> Tunnel {
    Tunnel(
      name: "berlin.\(uplink)--hq.isp", interface: interface, peerSite: "hq", peerLoopbacks: [address("10.255.0.1")],
      peerPrefixes: [prefix("10.0.0.0/24")], peerIsManaged: true, addressing: .unnumbered, uplink: uplink,
      remoteAddress: address("192.0.2.1"), initiates: true, localIdentity: "\(uplink).berlin.acme",
      remoteIdentity: "isp.hq.acme", authentication: .presharedKey(PresharedKey(bytes: Array(repeating: 7, count: 32))),
      ike: IKEProfile(
        encryption: ["aes256gcm16", "aes256"], integrity: ["sha256"], prf: ["sha384"], dhGroups: ["ecp384"],
        lifetimeSeconds: 86400, dpdSeconds: 10),
      ipsec: IPsecProfile(
        encryption: ["aes256gcm16"], integrity: [], extendedSequenceNumbers: true, pfs: ["ecp384"],
        lifetimeSeconds: 3600, lifetimeBytes: nil, replayWindow: 1024),
      encapsulation: .udp, cost: cost)
  }

  static func address(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }
  static func prefix(_ text: String) -> IPPrefix { IPPrefix(text) ?? .any(.v4) }
  static func interfaceAddress(_ text: String) -> InterfaceAddress {
    guard let address = InterfaceAddress(text) else { preconditionFailure("a test's own address: \(text)") }
    return address
  }

  static func phase1(remote: Endpoint) -> IKESASummary {
    IKESASummary(
      initiatorSPI: IKESPI(rawValue: 1), responderSPI: IKESPI(rawValue: 2), isInitiator: true,
      remoteIdentity: .fqdn("isp.hq.acme"), peerProof: .presharedKey, uplink: "dsl",
      local: Endpoint(address("198.51.100.11"), port: 4500), remote: remote,
      suite: IKESuite(
        protection: .aead(.aes256GCM16), pseudorandomFunction: .hmacSHA384, keyExchange: .ecp384,
        additionalKeyExchanges: [.mlkem768]),
      hasPostQuantumPresharedKey: true, isResumed: false,
      isLocalBehindNAT: false, isRemoteBehindNAT: false, established: Instant(nanoseconds: 3_000_000_000),
      rekeys: Instant(nanoseconds: 9_000_000_000_000))
  }

  /// A Child SA that was established so many seconds after the clock's origin.
  static func phase2(spi value: UInt32, at seconds: Int64) -> ChildSASummary {
    ChildSASummary(
      inboundSPI: spi(value), outboundSPI: spi(3000), replaces: nil,
      suite: ESPSuite(protection: .aead(.aes256GCM16), keyExchange: nil, usesExtendedSequenceNumbers: true),
      encapsulation: .udp, localSelectors: [], remoteSelectors: [],
      established: Instant(nanoseconds: seconds * 1_000_000_000), rekeys: Instant(nanoseconds: .max))
  }

  static func spi(_ value: UInt32) -> ESPSPI {
    guard let spi = ESPSPI(rawValue: value) else { preconditionFailure("a test's own SPI") }
    return spi
  }
}

/// A directory that goes with the test.
final class TemporaryDirectory {
  let path = NSTemporaryDirectory() + "fabric-agent-test-\(UUID().uuidString)"
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
