import ControlProtocol

/// How an apply ended: one row a site.
struct ConvergenceReport {
  let status: API.NetworkStatus
  let revision: Int
  let palette: Palette

  /// A table of the sites and a verdict.
  var lines: [String] {
    var table = Table("SITE", "RESULT", "TUNNELS", "WHY")
    let managed = status.sites.filter(\.isManaged)
    for site in managed {
      let tunnels = site.status?.tunnels ?? []
      let result: Table.Cell =
        site.isConverged ? .init("converged", .good) : .init("stopped at \(site.stoppedAt.title)", .bad)
      table.add(
        .init(site.site), result, "\(tunnels.count { $0.reached >= .routing })/\(tunnels.count)",
        .init(site.reason, .bad))
    }
    let missing = managed.filter { !$0.isConverged }.map(\.site)
    let verdict =
      missing.isEmpty
      ? palette.paint("revision \(revision) runs at every site", .good)
      : palette.paint("revision \(revision) does not run at \(missing.joined(separator: ", "))", .bad)
    return [""] + table.lines(palette) + ["", verdict]
  }
}
