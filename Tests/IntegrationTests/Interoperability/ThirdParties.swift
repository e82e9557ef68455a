/// A Fabric gateway, `hub`, and the gateways of third parties around it.
struct ThirdParties {
  /// One partner; numbers count from 1.
  struct Partner {
    let number: Int
    let suite: Suite
    let isBehindNAT: Bool
    let hubIsBehindNAT: Bool
    let encapsulation: String
    /// What it proves its identity with, where that is not its preshared key.
    let certificate: PartnerCertificate?

    var name: String { "partner\(number)" }
    var identity: String { ThirdParties.identity(of: number) }
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

  /// Where there is a NAT.
  enum NAT { case none, beforePartners, beforeHub }

  /// The topology's name; part of the hub's identity.
  static let name = "partners"
  /// The identity that the hub proves on its only line.
  static let hubIdentity = "isp.hub.\(name)"
  static let hubAddress = "198.51.100.1"
  static let hubNetwork = "10.100.0.0/24"
  static let hubHost = "10.100.0.10"
  /// What both ends know a post-quantum preshared key by.
  static let postQuantumIdentity = "fabric-and-friends"

  static func identity(of number: Int) -> String { "partner\(number).example" }

  let partners: [Partner]
  private let nat: NAT
  /// The partners' authority and the network's, where there is a certificate.
  private let authorities: TestAuthorities?
  /// Seconds that both phases' keys live.
  private let lifetime: Int

  /// One partner for each suite. Whoever is behind NAT opens the conversation; else the hub does.
  ///
  /// - Parameters:
  ///   - suites: the partners' cryptography, in their order.
  ///   - encapsulations: how ESP travels, for each partner; `udp` where there is none.
  init(
    _ suites: [Suite], encapsulations: [String] = [], nat: NAT = .none, lifetime: Int = 3600
  ) throws {
    self.nat = nat
    self.lifetime = lifetime
    let authorities = suites.allSatisfy { $0.authentication == .psk } ? nil : try TestAuthorities()
    self.authorities = authorities
    partners = try suites.indices.map { index in
      Partner(
        number: index + 1, suite: suites[index], isBehindNAT: nat == .beforePartners, hubIsBehindNAT: nat == .beforeHub,
        encapsulation: index < encapsulations.count ? encapsulations[index] : "udp",
        certificate: try authorities?.certificate(suites[index].authentication, of: Self.identity(of: index + 1)))
    }
  }

  /// Has the controller, which must not run yet, take the authority that the partners trust.
  func installAuthority() throws { try authorities?.install() }

  /// The sites before which a NAT stands.
  var sitesBehindNAT: [String] {
    switch nat {
    case .none: []
    case .beforePartners: partners.map(\.name)
    case .beforeHub: ["hub"]
    }
  }

  private var suites: [Suite] { Set(partners.map(\.suite)).sorted { $0.description < $1.description } }

  /// The topology file; with other keys, nobody who had the first ones comes in.
  func topology(otherKeys: Bool = false) -> String {
    """
    apiVersion: fabric/v1
    kind: Topology
    metadata: { name: \(Self.name) }
    profiles:
      ike:
    \(suites.map(ikeProfile).joined(separator: "\n"))
      ipsec:
    \(suites.map(ipsecProfile).joined(separator: "\n"))
    defaults: { ike: \(suites[0]), ipsec: \(suites[0]) }
    sites:
      hub:
        role: hub
        lans: [{ interface: lan0, address: 10.100.0.1/24 }]
        uplinks:
          - { name: isp, interface: wan0, address: \(Self.hubAddress)/24, gateway: 198.51.100.254,
              behindNAT: \(nat == .beforeHub) }
    \(partners.map(site).joined(separator: "\n"))
    overlay:
      shape: custom
      links:
    \(partners.map { link($0, otherKey: otherKeys) }.joined(separator: "\n"))
      tunnels: { pool: 172.31.0.0/24 }
      routing: { protocol: static }
    """
  }

  private func ikeProfile(_ suite: Suite) -> String {
    "    \(suite): { \(suite.ike.keys), prf: [sha256], dhGroups: [\(suite.group)], "
      + "lifetime: \(lifetime)s, dpd: { interval: 5s }\(suite.hasPostQuantumKey ? ", ppk: require" : "") }"
  }

  private func ipsecProfile(_ suite: Suite) -> String {
    "    \(suite): { transformSet: { \(suite.esp.keys), mode: tunnel, esn: \(suite.esn) }, pfs: \(suite.group), "
      + "lifetime: { time: \(lifetime)s } }"
  }

  private func site(_ partner: Partner) -> String {
    """
      \(partner.name):
        managed: false
        identity: \(partner.identity)\(authority(of: partner))
        lans: [{ interface: lan0, address: \(partner.gatewayInLAN)/24 }]
        uplinks:
          - { name: isp, interface: wan0, address: \(partner.address)/24, gateway: \(partner.router),
              behindNAT: \(partner.isBehindNAT) }
    """
  }

  private func link(_ partner: Partner, otherKey: Bool) -> String {
    let key = otherKey ? String(partner.presharedKey.reversed()) : partner.presharedKey
    let postQuantumKey =
      partner.suite.hasPostQuantumKey
      ? ", ppk: { identity: \(Self.postQuantumIdentity), key: \"\(partner.presharedKey)\" }" : ""
    return "    - { between: [hub, \(partner.name)], ike: \(partner.suite), ipsec: \(partner.suite), "
      + "encapsulation: \(partner.encapsulation)\(postQuantumKey), "
      + (partner.certificate == nil ? "psk: \"0x\(key)\" }" : "authentication: certificate }")
  }

  private func authority(of partner: Partner) -> String {
    guard let authorities, partner.certificate != nil else { return "" }
    let text = authorities.partners.replacingOccurrences(of: "\n", with: "\\n")
    return "\n    authorities: [\"\(text)\"]"
  }
}

extension Suite.Cipher {
  /// The keys of a profile that ask for it.
  fileprivate var keys: String {
    "encryption: [\(algorithms.encryption)]" + (algorithms.integrity.map { ", integrity: [\($0)]" } ?? "")
  }
}
