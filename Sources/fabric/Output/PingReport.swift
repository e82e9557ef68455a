import Lab

/// Which LAN host reaches which.
struct PingReport {
  let matrix: PingMatrix
  let palette: Palette

  /// One row a host that pings, one column a host that should answer, and a verdict.
  var lines: [String] {
    let hosts = Set(matrix.attempts.map(\.source)).sorted()
    var table = Table(titles: ["PING"] + hosts)
    for source in hosts {
      table.add([.init(source)] + hosts.map { cell(from: source, to: $0) })
    }
    let failures = matrix.attempts.filter { !$0.succeeded }
    let verdict =
      failures.isEmpty
      ? palette.paint("all \(matrix.attempts.count) pings between LAN hosts were answered", .good)
      : palette.paint("\(failures.count) of \(matrix.attempts.count) pings between LAN hosts were not answered", .bad)
    return table.lines(palette) + ["", verdict]
  }

  private func cell(from source: String, to destination: String) -> Table.Cell {
    let attempts = matrix.attempts.filter { $0.source == source && $0.destination == destination }
    if attempts.isEmpty { return .init("-", .faint) }
    return attempts.allSatisfy(\.succeeded) ? .init("ok", .good) : .init("no answer", .bad)
  }
}
