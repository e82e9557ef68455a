import Foundation
import WireFormat

/// What to ask FRR through `vtysh -c`, and how to read its answers (FRR 8.4).
public enum FRRQuestion: String, CaseIterable, Sendable {
  /// Answered by `FRRAnswer.ospfNeighbours`.
  case ospfNeighbours = "show ip ospf neighbor json"
  /// Answered by `FRRAnswer.bgpNeighbours`.
  case bgpNeighbours = "show bgp summary json"
  /// Answered by `FRRAnswer.eigrpNeighbours`; eigrpd knows no JSON.
  case eigrpNeighbours = "show ip eigrp neighbors"
  /// Answered by `FRRAnswer.eigrpPeers`.
  case eigrpInterfaces = "show ip eigrp interfaces"
  /// Answered by `FRRAnswer.eigrpNextHops`.
  case eigrpTopology = "show ip eigrp topology"
  /// Answered by `FRRAnswer.bfdPeers`.
  case bfdPeers = "show bfd peers json"
  /// Answered by `FRRAnswer.routes`.
  case routes = "show ip route json"
  /// Answered by `FRRAnswer.routes`.
  case ipv6Routes = "show ipv6 route json"
}

/// An answer of FRR that is not what FRR 8.4 gives.
public struct UnreadableAnswer: Error, Equatable, Sendable {
  /// What was asked.
  public let question: FRRQuestion
  /// Why the answer cannot be read.
  public let reason: String
}

/// Reads FRR's answers.
public enum FRRAnswer {
  /// OSPF's neighbours. A daemon without any, or not yet configured, gives none.
  public static func ospfNeighbours(_ json: String) throws(UnreadableAnswer) -> [RoutingNeighbour] {
    struct Answer: Decodable {
      struct Neighbour: Decodable {
        let nbrState: String?
        let state: String?
        let ifaceAddress: String?
        let address: String?
        let ifaceName: String
      }
      let neighbors: [String: [Neighbour]]?
    }
    let answer = try decode(Answer.self, json, .ospfNeighbours)
    let all = (answer?.neighbors ?? [:]).sorted { $0.key < $1.key }.flatMap(\.value)
    return all.compactMap { neighbour in
      // `vti1:10.255.2.1`: the interface and its own address.
      let interface = neighbour.ifaceName.split(separator: ":").first.map(String.init) ?? neighbour.ifaceName
      let state = neighbour.nbrState ?? neighbour.state ?? ""
      guard let address = IPAddress(neighbour.ifaceAddress ?? neighbour.address ?? "") else { return nil }
      return RoutingNeighbour(
        interface: interface, address: address, state: state, isAdjacent: state.hasPrefix("Full"))
    }
  }

  /// BGP's neighbours, which it knows by their address or by the interface that they are behind.
  ///
  /// - Parameters:
  ///   - json: what bgpd says.
  ///   - interfaces: the tunnel interface of each address of a neighbour.
  public static func bgpNeighbours(
    _ json: String, interfaces: [IPAddress: String]
  ) throws(UnreadableAnswer) -> [RoutingNeighbour] {
    struct Answer: Decodable {
      struct Family: Decodable {
        struct Peer: Decodable { let state: String }
        let peers: [String: Peer]
      }
      let ipv4Unicast, ipv6Unicast: Family?
    }
    let answer = try decode(Answer.self, json, .bgpNeighbours)
    // A session carries all families: it is up in each or in none.
    let peers = (answer?.ipv4Unicast ?? answer?.ipv6Unicast)?.peers ?? [:]
    return peers.sorted { $0.key < $1.key }.map { name, peer in
      let address = IPAddress(name)
      return RoutingNeighbour(
        interface: address.flatMap { interfaces[$0] } ?? name, address: address, state: peer.state,
        isAdjacent: peer.state == "Established")
    }
  }

  /// EIGRP's neighbours: a table whose rows start with a number, an address and an interface.
  public static func eigrpNeighbours(_ text: String) -> [RoutingNeighbour] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let columns = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
      guard columns.count >= 4, Int(columns[0]) != nil, let address = IPAddress(columns[1]) else { return nil }
      return RoutingNeighbour(interface: columns[2], address: address, state: "up", isAdjacent: true)
    }
  }

  /// How many peers EIGRP hears on each interface, whether or not they have become neighbours: a table whose rows are
  /// an interface, its bandwidth, its delay and that number.
  public static func eigrpPeers(_ text: String) -> [String: Int] {
    var peers: [String: Int] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let columns = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
      guard columns.count >= 4, Int(columns[1]) != nil, Int(columns[2]) != nil, let count = Int(columns[3]) else {
        continue
      }
      peers[columns[0]] = count
    }
    return peers
  }

  /// The next hops in EIGRP's topology table: `via 172.31.0.2 (30720/28160), vti1`.
  public static func eigrpNextHops(_ text: String) -> Set<IPAddress> {
    Set(
      text.split(whereSeparator: \.isNewline).compactMap { line in
        let columns = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        return columns.count >= 2 && columns[0] == "via" ? IPAddress(columns[1]) : nil
      })
  }

  /// BFD's sessions.
  public static func bfdPeers(_ json: String) throws(UnreadableAnswer) -> [BFDPeer] {
    struct Peer: Decodable {
      let peer: String
      let interface: String?
      let status: String
      let diagnostic: String?
    }
    return (try decode([Peer].self, json, .bfdPeers) ?? []).compactMap { peer in
      IPAddress(peer.peer).map {
        BFDPeer(
          interface: peer.interface, address: $0, isUp: peer.status == "up", diagnostic: peer.diagnostic ?? "unknown")
      }
    }
  }

  /// Zebra's routes, ordered by destination; of IPv4 or IPv6, as was asked.
  public static func routes(_ json: String) throws(UnreadableAnswer) -> [ObservedRoute] {
    struct Route: Decodable {
      struct NextHop: Decodable {
        let interfaceName: String?
        let fib: Bool?
      }
      let `protocol`: String
      let installed: Bool?
      let selected: Bool?
      let distance: Int?
      let metric: Int?
      let nexthops: [NextHop]?
    }
    let answer = try decode([String: [Route]].self, json, .routes) ?? [:]
    return answer.compactMap { key, routes in IPPrefix(key).map { ($0, routes) } }.sorted { $0.0 < $1.0 }
      .flatMap { destination, routes in
        routes.map { route in
          ObservedRoute(
            destination: destination, source: route.protocol,
            interfaces: (route.nexthops ?? []).compactMap { $0.fib == true ? $0.interfaceName : nil },
            isInstalled: route.installed == true && route.selected == true, distance: route.distance ?? 0,
            metric: route.metric ?? 0)
        }
      }
  }

  /// Decodes JSON; nil where the daemon said nothing at all.
  private static func decode<Answer: Decodable>(
    _ type: Answer.Type, _ json: String, _ question: FRRQuestion
  ) throws(UnreadableAnswer) -> Answer? {
    guard json.contains(where: { !$0.isWhitespace }) else { return nil }
    do {
      return try JSONDecoder().decode(type, from: Data(json.utf8))
    } catch {
      throw UnreadableAnswer(question: question, reason: "\(error)")
    }
  }
}
