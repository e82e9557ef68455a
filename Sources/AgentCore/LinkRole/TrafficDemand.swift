import Foundation
import LinuxNetworking
import Topology
import WireFormat

/// Counts in the kernel what the site's hosts and those of possible shortcuts' peers exchange: two rules of nftables,
/// however many peers there are, and nothing on the way of a packet through our own processes.
struct TrafficDemand: Equatable {
  private let own: [IPPrefix]
  private let peers: [ShortcutPeer]

  /// What a site must count; nil for nothing.
  init?(_ configuration: SiteConfiguration) {
    guard !configuration.shortcutPeers.isEmpty else { return nil }
    own = configuration.lans.flatMap(\.addresses).map(\.prefix)
    peers = configuration.shortcutPeers
  }

  /// Starts counting, from zero.
  func install() throws { try Program("nft", ["-f", "-"]).run(input: Array(ruleset.utf8)) }

  /// Stops counting.
  static func remove() throws { try Program("nft", ["-f", "-"]).run(input: Array(removal.utf8)) }

  /// What prints the counters as JSON.
  static let question = Program("nft", ["-j", "list", "table", "inet", table])

  /// The packets to each peer's networks, by site, in what `question` has printed; nil if it cannot be read.
  func packets(in answer: String) -> [String: UInt64]? {
    guard let listing = try? JSONDecoder().decode(Listing.self, from: Data(answer.utf8)) else { return nil }
    var packets: [String: UInt64] = [:]
    let counts = Dictionary(listing.nftables.compactMap(\.set).flatMap { $0.elem ?? [] }.compactMap(\.count)) {
      $0 + $1
    }
    for peer in peers { packets[peer.site] = peer.networks.reduce(0) { $0 + (counts[$1] ?? 0) } }
    return packets
  }

  /// The table as nft(8) reads it.
  var ruleset: String {
    TrafficDemand.removal
      + """
      table inet \(TrafficDemand.table) {
      \(set("peers4", "ipv4_addr", peers.flatMap(\.networks), .v4))
      \(set("peers6", "ipv6_addr", peers.flatMap(\.networks), .v6))
        chain forward {
          type filter hook forward priority filter; policy accept;
      \(rule("ip", "peers4", .v4))
      \(rule("ip6", "peers6", .v6))
        }
      }

      """
  }

  private static let table = "fabric-demand"
  /// Adding before deleting makes the deletion succeed where there is no such table.
  private static let removal = "table inet \(table) {}\ndelete table inet \(table)\n"

  private func set(_ name: String, _ type: String, _ networks: [IPPrefix], _ family: IPAddress.Family) -> String {
    let networks = networks.filter { $0.address.family == family }.map(\.description)
    let elements = networks.isEmpty ? "" : " elements = { \(networks.joined(separator: ", ")) };"
    return "  set \(name) { type \(type); flags interval; counter;\(elements) }"
  }

  private func rule(_ header: String, _ peers: String, _ family: IPAddress.Family) -> String {
    let own = own.filter { $0.address.family == family }.map(\.description)
    return own.isEmpty ? "" : "    \(header) saddr { \(own.joined(separator: ", ")) } \(header) daddr @\(peers)"
  }
}

/// `nft -j list table`, as far as it matters.
private struct Listing: Decodable {
  struct Object: Decodable { let set: CountingSet? }
  struct CountingSet: Decodable { let elem: [Element]? }

  struct Element: Decodable {
    struct Counted: Decodable {
      let val: Value
      let counter: Counter
    }
    struct Counter: Decodable { let packets: UInt64 }

    let elem: Counted

    var count: (IPPrefix, UInt64)? { elem.val.prefix.map { ($0, elem.counter.packets) } }
  }

  /// A network, or a single address.
  struct Value: Decodable {
    private struct Network: Decodable {
      struct Prefix: Decodable {
        let addr: String
        let len: Int
      }
      let prefix: Prefix
    }

    let prefix: IPPrefix?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let address = try? container.decode(String.self) {
        prefix = IPAddress(address).map(IPPrefix.init(host:))
      } else {
        let network = try container.decode(Network.self).prefix
        prefix = IPPrefix("\(network.addr)/\(network.len)")
      }
    }
  }

  let nftables: [Object]
}
