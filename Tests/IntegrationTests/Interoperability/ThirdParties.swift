import Testing
import Foundation

/// A Fabric gateway, `hub`, and the gateways of third parties around it.
struct ThirdParties {
  /// The cryptography that a partner insists on, in both phases.
  struct Suite: Hashable, Sendable, CustomTestStringConvertible {
    enum Encryption: String, CaseIterable { case aes256gcm16, aes256 }
    enum Group: String, CaseIterable { case modp2048, ecp256, ecp384, x25519 }

    var encryption = Encryption.aes256gcm16
    var group = Group.ecp256

    static let all = Encryption.allCases.flatMap { encryption in
      Group.allCases.map { Suite(encryption: encryption, group: $0) }
    }

    var testDescription: String { "\(encryption)-\(group)" }
  }

  /// One partner; numbers count from 1.
  struct Partner {
    let number: Int
    let suite: Suite
    let isBehindNAT: Bool

    var name: String { "partner\(number)" }
    var identity: String { "\(name).example" }
    var address: String { isBehindNAT ? "192.168.\(number).2" : "172.20.\(number).1" }
    var router: String { isBehindNAT ? "192.168.\(number).1" : "172.20.\(number).254" }
    var gatewayInLAN: String { "10.\(number).0.1" }
    var network: String { "10.\(number).0.0/24" }
    var host: String { "10.\(number).0.10" }
    /// 256 bits that differ from partner to partner and are random to no one: this is a test.
    var presharedKey: String {
      let digits = "9f1c7be3a54d02688b7e41d3c06fa95d37e2b8140cd96af17453e8b02c9d6e"
      return digits + (number < 16 ? "0" : "") + String(number, radix: 16)
    }
  }

  /// The topology's name; part of the hub's identity.
  static let name = "partners"
  /// The identity that the hub proves on its only line.
  static let hubIdentity = "isp.hub.\(name)"
  static let hubAddress = "198.51.100.1"
  static let hubNetwork = "10.100.0.0/24"
  static let hubHost = "10.100.0.10"

  let partners: [Partner]

  /// One partner for each suite; behind NAT, where a partner must open the conversation, or not, where the hub does.
  init(_ suites: [Suite], behindNAT: Bool = false) {
    partners = zip(1..., suites).map { Partner(number: $0, suite: $1, isBehindNAT: behindNAT) }
  }

  /// The topology file.
  var topology: String {
    """
    apiVersion: fabric/v1
    kind: Topology
    metadata: { name: \(Self.name) }
    profiles:
      ike:
    \(Suite.all.map(ikeProfile).joined(separator: "\n"))
      ipsec:
    \(Suite.Encryption.allCases.map(ipsecProfile).joined(separator: "\n"))
    defaults: { ike: \(Suite().testDescription), ipsec: \(Suite().encryption) }
    sites:
      hub:
        role: hub
        lans: [{ interface: lan0, address: 10.100.0.1/24 }]
        uplinks: [{ name: isp, interface: wan0, address: \(Self.hubAddress)/24, gateway: 198.51.100.254 }]
    \(partners.map(site).joined(separator: "\n"))
    overlay:
      shape: custom
      links:
    \(partners.map(link).joined(separator: "\n"))
      tunnels: { pool: 172.31.0.0/24 }
      routing: { protocol: static }
    """
  }

  private func ikeProfile(_ suite: Suite) -> String {
    let integrity = suite.encryption == .aes256 ? "integrity: [sha256], " : ""
    return "    \(suite.encryption)-\(suite.group): { encryption: [\(suite.encryption)], \(integrity)prf: [sha256], "
      + "dhGroups: [\(suite.group)], lifetime: 86400s, dpd: { interval: 10s } }"
  }

  /// strongSwan's user-space ESP knows no extended sequence numbers.
  private func ipsecProfile(_ encryption: Suite.Encryption) -> String {
    let integrity = encryption == .aes256 ? ", integrity: [sha256]" : ""
    return "    \(encryption): { transformSet: { encryption: [\(encryption)]\(integrity), mode: tunnel, esn: false }, "
      + "lifetime: { time: 3600s } }"
  }

  private func site(_ partner: Partner) -> String {
    """
      \(partner.name):
        managed: false
        identity: \(partner.identity)
        lans: [{ interface: lan0, address: \(partner.gatewayInLAN)/24 }]
        uplinks:
          - { name: isp, interface: wan0, address: \(partner.address)/24, gateway: \(partner.router),
              behindNAT: \(partner.isBehindNAT) }
    """
  }

  private func link(_ partner: Partner) -> String {
    "    - { between: [hub, \(partner.name)], ike: \(partner.suite.encryption)-\(partner.suite.group), "
      + "ipsec: \(partner.suite.encryption), psk: \"0x\(partner.presharedKey)\" }"
  }
}
