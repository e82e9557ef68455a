import Testing
import Topology

@testable import Routing

@Suite struct BGPRenderingTests {
  private func text(_ site: String, replacing pieces: [(String, String)] = []) throws -> String {
    FRRConfiguration(try #require(try Sites.compile("bgp", replacing: pieces)[site])).text
  }

  @Test("A spoke has a session over each of its tunnels, adds its cost, and takes what the overlay has")
  func spoke() throws {
    let site = try #require(try Sites.compile("bgp")["paris"])
    let frr = FRRConfiguration(site)
    #expect(frr.daemons == [.zebra, .bgpd, .bfdd])
    let router = """
      router bgp 65000
       bgp router-id 10.255.4.12
       no bgp default ipv4-unicast
       timers bgp 3 9
       neighbor vti4 interface remote-as internal
       neighbor vti4 bfd
       neighbor vti4 bfd profile OVERLAY
       neighbor vti4 timers connect 1
       neighbor vti7 interface remote-as internal
       neighbor vti7 bfd
       neighbor vti7 bfd profile OVERLAY
       neighbor vti7 timers connect 1
       address-family ipv4 unicast
        network 10.43.0.0/24
        network 10.255.4.12/32
        neighbor vti4 activate
        neighbor vti4 prefix-list OVERLAY in
        neighbor vti4 route-map COST-60 in
        neighbor vti4 next-hop-self
        neighbor vti7 activate
        neighbor vti7 prefix-list OVERLAY in
        neighbor vti7 route-map COST-20 in
        neighbor vti7 next-hop-self
        maximum-paths ibgp 8 equal-cluster-length
       exit-address-family
       address-family ipv6 unicast
        network 2001:db8:43::/64

      """
    #expect(frr.text.contains(router), "\(frr.text)")
    #expect(frr.text.contains("route-map COST-60 permit 10\n set metric +60\n"))
    #expect(!frr.text.contains("route-reflector-client"))
  }

  @Test("A hub reflects routes, and takes of a spoke only the spoke's own")
  func hub() throws {
    let hub = try text("hq")
    #expect(hub.contains("  neighbor vti5 prefix-list SITE-berlin in\n"))
    #expect(hub.contains("  neighbor vti5 prefix-list SITE-berlin6 in\n"))
    #expect(hub.contains("  neighbor vti5 route-reflector-client\n"))
    #expect(hub.contains("  neighbor vti5 next-hop-self force\n"))
  }

  @Test("Over numbered tunnels the peer's address is the neighbour, and no router is advertised")
  func numbered() throws {
    let paris = try text("paris", replacing: BGPRenderingTests.numbered)
    #expect(paris.contains(" neighbor 172.31.0.13 remote-as internal\n"))
    #expect(!paris.contains("ra-interval"))
    #expect(!paris.contains("ipv6"))
  }

  @Test("A cloud has an external session with its own addresses, a password, a limit and communities")
  func cloud() throws {
    let frr = FRRConfiguration(try #require(try Sites.compile("cloud")["hq"]))
    #expect(frr.daemons == [.zebra, .bgpd])
    for line in [
      " neighbor 169.254.10.1 remote-as 64512", " neighbor 169.254.10.1 password 8fQ2rVxK5nTz",
      "  neighbor 169.254.10.1 prefix-list SITE-cloud in", "  neighbor 169.254.10.1 route-map EXPORT-cloud out",
      "  neighbor 169.254.10.1 maximum-prefix 20 restart 1 force",
      "ip prefix-list EXPORT-cloud seq 5 permit 10.255.7.1/32", "  aggregate-address 10.70.0.0/15",
      "ip prefix-list EXPORT-cloud seq 15 permit 10.70.0.0/15",
      " set community 65000:100 65000:200", "ip prefix-list SITE-cloud seq 5 permit 10.79.0.0/24",
    ] { #expect(frr.text.contains(line + "\n"), "\(frr.text)") }
    #expect(!frr.text.contains("ip route") && !frr.text.contains("redistribute"))
    let exported = frr.text.split(separator: "\n").filter { $0.contains("prefix-list EXPORT-cloud seq") }
    #expect(exported.count == 3, "\(exported)")
  }

  /// Makes `bgp.yaml` numbered, and IPv4 only.
  static let numbered = [
    ("addressing: unnumbered", "pool: 172.31.0.0/24"), (", \"2001:db8:40::1/64\"", ""),
    (", \"2001:db8:41::1/64\"", ""), (", \"2001:db8:42::1/64\"", ""), (", \"2001:db8:43::1/64\"", ""),
  ]
}
