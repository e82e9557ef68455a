import ControlProtocol

/// The network's status as an operator reads it.
struct StatusReport {
  let status: API.NetworkStatus
  let palette: Palette

  /// A headline, a table of sites, and one of tunnels.
  var lines: [String] {
    guard let topology = status.topology else { return ["no topology is applied yet: fabric apply FILE"] }
    let managed = status.sites.filter(\.isManaged)
    let headline =
      "\(topology), revision \(status.revision): "
      + "\(managed.count { $0.isConverged }) of \(managed.count) sites converged"
    let tables = [tunnels, uplinks, ways].map { $0.rows.isEmpty ? [] : $0.lines(palette) }
    let parts = [[headline], sites.lines(palette)] + tables + [drops]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var sites: Table {
    var table = Table("SITE", "STATE", "AGENT", "REVISION", "TUNNELS", "UPLINKS", "WHY")
    for site in status.sites {
      guard site.isManaged else {
        table.add(.init(site.site), .init("third party", .faint))
        continue
      }
      let tunnels = site.status?.tunnels ?? []
      table.add(
        .init(site.site), site.stateCell, site.agentCell,
        "\(site.status?.revision ?? 0)/\(site.desiredRevision)",
        "\(tunnels.count { $0.reached >= .childSA })/\(tunnels.count)", .init(site.uplinkSummary),
        .init(site.reason, .bad))
    }
    return table
  }

  /// What came to a site's gateway and belongs to no tunnel.
  private var drops: [String] {
    status.sites.compactMap { site in
      guard let drops = site.status?.drops, !drops.isEmpty else { return nil }
      let reasons = drops.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      return "\(site.site) dropped packets of no tunnel: \(reasons.joined(separator: ", "))"
    }
  }

  /// By which tunnels traffic leaves, and why not by others: what was the last switch.
  private var ways: Table {
    var table = Table("SITE", "TO", "TRAFFIC BY", "SINCE", "BECAUSE")
    for site in status.sites {
      for (peer, tunnels) in (site.status?.activeTunnels ?? [:]).sorted(by: { $0.key < $1.key }) {
        table.add(way(of: site, to: peer, nil, tunnels))
        for (name, tunnels) in (site.status?.classTunnels[peer] ?? [:]).sorted(by: { $0.key < $1.key }) {
          table.add(way(of: site, to: peer, name, tunnels))
        }
      }
    }
    return table
  }

  private func way(of site: API.SiteState, to peer: String, _ trafficClass: String?, _ tunnels: [String]) -> [Table
    .Cell]
  {
    let last = site.status?.switches.last { $0.peerSite == peer && $0.trafficClass == trafficClass }
    return [
      .init(site.site), .init(peer + (trafficClass.map { " (\($0))" } ?? "")), .init(site.shares(of: tunnels)),
      .init(last?.at.time ?? ""), .init(last?.reason ?? ""),
    ]
  }

  /// Which uplink carries what now, in all its tunnels.
  private var uplinks: Table {
    var table = Table("SITE", "UPLINK", "SENDS", "RECEIVES")
    for site in status.sites {
      for uplink in site.status?.uplinks ?? [] {
        let counters = (site.status?.tunnels ?? []).filter { $0.uplink == uplink.name }.map(\.counters)
        table.add(
          .init(site.site), .init(uplink.name),
          .init(bitRate(counters.map(\.outbound.bitsPerSecond).reduce(0, &+))),
          .init(bitRate(counters.map(\.inbound.bitsPerSecond).reduce(0, &+))))
      }
    }
    return table
  }

  private var tunnels: Table {
    var table = Table("SITE", "TUNNEL", "VTI", "REACHED", "SUITE", "IN", "OUT", "ROUND TRIP", "LOSS", "WHY")
    for site in status.sites {
      for tunnel in site.status?.tunnels ?? [] {
        table.add(
          .init(site.site), .init(tunnel.name), .init(tunnel.interface), tunnel.stageCell,
          .init(tunnel.childSA?.suite ?? ""), .init(byteCount(tunnel.counters.bytesIn)),
          .init(byteCount(tunnel.counters.bytesOut)), .init(tunnel.path?.measurement?.roundTrip ?? ""),
          .init(tunnel.path?.measurement?.loss ?? ""), .init(tunnel.fault?.cause ?? "", .bad))
      }
    }
    return table
  }
}

extension API.SiteState {
  /// Where the site stands in one word or stage.
  var stateCell: Table.Cell {
    if isConverged { return .init("converged", .good) }
    return .init(faults.isEmpty ? "converging" : "stopped at \(stoppedAt.title)", faults.isEmpty ? .waiting : .bad)
  }

  /// The first stage that is not reached.
  var stoppedAt: Stage { faults.map(\.stage).min() ?? .configuration }

  /// Every cause once, or where the agent is missing, that.
  var reason: String {
    if isConverged { return "" }
    var causes: [String] = []
    for fault in faults.sorted(by: { $0.stage < $1.stage }) where !causes.contains(fault.cause) {
      causes.append(fault.cause)
    }
    if causes.isEmpty, !isConnected { causes = ["its agent is not connected"] }
    return causes.joined(separator: "; ")
  }

  /// Tunnels by which traffic leaves, and where there are several, what each has of the flows.
  fileprivate func shares(of names: [String]) -> String {
    let weighted = names.map { name in (name, status?.tunnels.first { $0.name == name }?.weight ?? 1) }
    let total = weighted.map(\.1).reduce(0, +)
    guard names.count > 1 else { return names.joined() }
    return weighted.map { "\($0) \(100 * $1 / max(1, total)) %" }.joined(separator: ", ")
  }

  fileprivate var agentCell: Table.Cell { isConnected ? .init("connected", .good) : .init("away", .bad) }

  fileprivate var uplinkSummary: String {
    (status?.uplinks ?? []).map { uplink in
      "\(uplink.name) \(uplink.isUp ? uplink.address?.address.description ?? "up" : "down")"
    }.joined(separator: ", ")
  }
}

extension TunnelStatus {
  fileprivate var stageCell: Table.Cell {
    let style: Style = fault != nil ? .bad : reached >= .routing ? .good : .waiting
    return .init(reached.title, style)
  }
}

extension PathMeasurement {
  fileprivate var roundTrip: String { "\((Double(meanRoundTripMicroseconds) / 100).rounded() / 10) ms" }

  fileprivate var loss: String { "\(100 * lost / max(1, tests)) %" }
}

/// A rate in the largest decimal unit that leaves at least one: `4.7 Gb/s`.
func bitRate(_ bitsPerSecond: UInt64) -> String {
  var value = Double(bitsPerSecond)
  var unit = "b/s"
  for larger in ["kb/s", "Mb/s", "Gb/s"] where value >= 1000 {
    value /= 1000
    unit = larger
  }
  return unit == "b/s" ? "\(bitsPerSecond) b/s" : "\((value * 10).rounded() / 10) \(unit)"
}

/// A count of bytes in the largest unit that leaves at least one: `1.4 MiB`.
func byteCount(_ bytes: UInt64) -> String {
  var value = Double(bytes)
  var unit = "B"
  for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
    value /= 1024
    unit = larger
  }
  return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)"
}
