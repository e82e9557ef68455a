/// A small valid topology that the tests break in one place at a time.
enum BaseTopology {
  static let text = """
    apiVersion: fabric/v1
    kind: Topology
    metadata: { name: acme }
    profiles:
      ike:
        strong:
          encryption: [aes256gcm16, aes256]
          integrity: [sha256]
          prf: [sha384]
          dhGroups: [ecp384, modp2048]
          lifetime: 86400s
          dpd: { interval: 10s }
      ipsec:
        strong:
          transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: true }
          pfs: ecp384
          lifetime: { time: 3600s, bytes: 64GiB }
          replayWindow: 1024
    defaults: { ike: strong, ipsec: strong, authentication: psk, encapsulation: udp }
    sites:
      hq:
        role: hub
        loopback: 10.255.0.1
        lans:
          - { interface: lan0, address: 10.0.0.1/24 }
        uplinks:
          - { name: isp-a, interface: wan0, address: 198.51.100.1/24, gateway: 198.51.100.254 }
      berlin:
        loopback: 10.255.0.11
        lans:
          - { interface: lan0, address: 10.1.0.1/24 }
        uplinks:
          - { name: dsl, interface: wan0, address: dhcp, behindNAT: true, priority: 1 }
      oslo:
        loopback: 10.255.0.12
        lans:
          - { interface: lan0, address: 10.2.0.1/24 }
        uplinks:
          - { name: fiber, interface: wan0, address: 203.0.113.2/24, gateway: 203.0.113.254 }
    overlay:
      shape: hub-and-spoke
      tunnels: { addressing: unnumbered }
      routing: { protocol: ospf, area: 0 }

    """

  /// The text with pieces replaced; each piece must be there.
  static func replacing(_ pieces: [(String, String)]) -> String? {
    var text = text
    for (old, new) in pieces {
      guard text.contains(old) else { return nil }
      text = text.replacing(old, with: new, maxReplacements: 1)
    }
    return text
  }
}
