import WireFormat

/// What OSPF's areas hear of each other: at the border of an area, a summary takes the place of the networks in it
/// (RFC 2328 section 3.5).
struct AreaSummaries {
  /// The areas of each managed site: that of its own networks, and those of its tunnels.
  let areas: [String: Set<String>]
  private let homes: [String: String]
  private let summaries: [String: [IPPrefix]]

  /// The summaries of a topology.
  init(_ topology: TopologyDocument) {
    summaries = Dictionary(topology.routing.areas.map { ($0.area, $0.summaries) }) { first, _ in first }
    var areas: [String: Set<String>] = [:]
    var homes: [String: String] = [:]
    for site in topology.sites where site.isManaged && !summaries.isEmpty {
      guard case .ospf(let area) = topology.routing.routingProtocol(at: site) else { continue }
      homes[site.name] = area
      areas[site.name] = [area]
    }
    let managed = Dictionary(topology.sites.filter(\.isManaged).map { ($0.name, $0) }) { first, _ in first }
    for link in topology.links where !summaries.isEmpty {
      guard let first = managed[link.sites.first], let second = managed[link.sites.second],
        let area = topology.routing.ospfArea(between: first, second)
      else { continue }
      for site in [first, second] { areas[site.name]?.insert(area) }
    }
    self.areas = areas
    self.homes = homes
  }

  /// Whether every site hears of every network as it is.
  var isEmpty: Bool { summaries.values.allSatisfy(\.isEmpty) }

  /// A network of a site as another site hears of it: as it is within its area and at the border, else in a summary.
  func heard(_ network: IPPrefix, of site: String, at listener: String) -> IPPrefix {
    guard let home = homes[site], areas[listener]?.contains(home) == false else { return network }
    let covering = (summaries[home] ?? []).filter { $0.contains(network) }
    return covering.max { $0.length < $1.length } ?? network
  }
}
