import ControlProtocol

/// What an apply would change, as an operator reads it.
struct PlanReport {
  let plan: API.Plan
  let palette: Palette

  /// The changes by site, and how many there are.
  var lines: [String] {
    guard !plan.changes.isEmpty else { return ["nothing would change"] }
    var lines: [String] = []
    var site: String?
    for change in plan.changes {
      if change.site != site {
        site = change.site
        lines.append(palette.paint(change.site, .heading))
      }
      let mark = palette.paint(change.kind.mark, change.kind.style)
      lines.append("  \(mark) \(change.tunnel.map { "tunnel \($0)" } ?? "site")")
      lines += change.details.map { "      \($0)" }
    }
    return lines + [summary]
  }

  private var summary: String {
    let counts = [API.Plan.Kind.add, .change, .remove].map { kind in
      (plan.changes.count { $0.kind == kind }, kind.rawValue)
    }
    let start = plan.fromRevision == 0 ? "nothing" : "revision \(plan.fromRevision)"
    return "from \(start): " + counts.filter { $0.0 > 0 }.map { "\($0.0) to \($0.1)" }.joined(separator: ", ")
  }
}

extension API.Plan.Kind {
  fileprivate var mark: String {
    switch self {
    case .add: "+"
    case .change: "~"
    case .remove: "-"
    }
  }

  fileprivate var style: Style {
    switch self {
    case .add: .good
    case .change: .waiting
    case .remove: .bad
    }
  }
}
