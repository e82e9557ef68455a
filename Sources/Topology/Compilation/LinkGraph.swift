/// The sites and links of an overlay as a graph.
struct LinkGraph {
  private var neighbours: [String: [String]] = [:]
  private let transit: Set<String>

  /// A graph whose paths lead through sites of `transit` only.
  init(pairs: some Sequence<SitePair>, transit: Set<String>) {
    self.transit = transit
    for pair in pairs {
      neighbours[pair.first, default: []].append(pair.second)
      neighbours[pair.second, default: []].append(pair.first)
    }
  }

  /// The number of links from `start` to each site that can be reached.
  func distances(from start: String) -> [String: Int] {
    var distances = [start: 0]
    if neighbours[start]?.count == neighbours.count - 1 {
      for neighbour in neighbours[start] ?? [] { distances[neighbour] = 1 }
      return distances
    }
    var queue = [start]
    var next = 0
    while next < queue.count {
      let site = queue[next]
      next += 1
      guard site == start || transit.contains(site) else { continue }
      for neighbour in neighbours[site] ?? [] where distances[neighbour] == nil {
        distances[neighbour] = (distances[site] ?? 0) + 1
        queue.append(neighbour)
      }
    }
    return distances
  }
}
