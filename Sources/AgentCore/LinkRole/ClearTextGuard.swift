import LinuxNetworking
import Topology
import WireFormat

/// The second lock of DESIGN.md section 5, invariant 2, beside the blackhole routes: a packet filter that lets nothing
/// of the overlay leave by an ISP line, nor come in by one, outside ESP. The routing daemons are for the tunnels alone:
/// they listen on every interface, and no stranger is to reach them.
///
/// While the agent is away, packets of its peers reach closed ports: they are not answered, as the answer would quote them
/// in clear text, and a peer is not to give up because of it.
struct ClearTextGuard: Equatable {
  /// The interfaces of the ISP lines.
  var uplinkInterfaces: [String]
  /// Networks whose packets leave by a tunnel or not at all.
  var protected: [IPPrefix]

  /// The guard of a site.
  init(_ configuration: SiteConfiguration) {
    uplinkInterfaces = configuration.uplinks.map(\.interface)
    protected = configuration.blackholes
  }

  /// Puts the guard in the place of an earlier one, in one transaction of the kernel.
  func install() throws { try Program("nft", ["-f", "-"]).run(input: Array(ruleset.utf8)) }

  /// Takes the guard away.
  static func remove() throws { try Program("nft", ["-f", "-"]).run(input: Array(removal.utf8)) }

  /// The table as nft(8) reads it.
  var ruleset: String {
    guard !uplinkInterfaces.isEmpty, !protected.isEmpty else { return ClearTextGuard.removal }
    let lines = "{ \(uplinkInterfaces.map { "\"\($0)\"" }.joined(separator: ", ")) }"
    return ClearTextGuard.removal
      + """
      table inet fabric {
      \(set("overlay4", type: "ipv4_addr", family: .v4))
      \(set("overlay6", type: "ipv6_addr", family: .v6))
        chain leaving {
          type filter hook postrouting priority filter; policy accept;
          oifname \(lines) ip daddr @overlay4 counter drop
          oifname \(lines) ip6 daddr @overlay6 counter drop
        }
        chain arriving {
          type filter hook prerouting priority filter; policy accept;
          iifname \(lines) ip saddr @overlay4 counter drop
          iifname \(lines) ip6 saddr @overlay6 counter drop
        }
        chain hearing {
          type filter hook input priority filter; policy accept;
          iifname \(lines) meta l4proto { \(ClearTextGuard.routingProtocols) } counter drop
          iifname \(lines) tcp dport \(ClearTextGuard.bgpPort) counter drop
          iifname \(lines) udp dport { \(ClearTextGuard.bfdPorts) } counter drop
        }
        chain speaking {
          type filter hook output priority filter; policy accept;
          oifname \(lines) meta l4proto { \(ClearTextGuard.routingProtocols) } counter drop
          oifname \(lines) tcp dport \(ClearTextGuard.bgpPort) counter drop
          oifname \(lines) udp dport { \(ClearTextGuard.bfdPorts) } counter drop
          oifname \(lines) icmp type destination-unreachable icmp code { port-unreachable, prot-unreachable } drop
          oifname \(lines) icmpv6 type destination-unreachable icmpv6 code port-unreachable drop
        }
      }

      """
  }

  /// EIGRP (RFC 7868 section 6.1) and OSPF (RFC 2328 appendix A.1).
  private static let routingProtocols = "88, 89"
  /// RFC 4271 section 8.2.1.
  private static let bgpPort = "179"
  /// Control and echo packets, and control packets over several hops (RFC 5881 section 4, RFC 5883 section 5).
  private static let bfdPorts = "3784, 3785, 4784"

  /// Adding before deleting makes the deletion succeed where there is no such table.
  private static let removal = "table inet fabric {}\ndelete table inet fabric\n"

  private func set(_ name: String, type: String, family: IPAddress.Family) -> String {
    let networks = protected.filter { $0.address.family == family }.map(\.description)
    let elements = networks.isEmpty ? "" : " elements = { \(networks.joined(separator: ", ")) };"
    return "  set \(name) { type \(type); flags interval; auto-merge;\(elements) }"
  }
}
