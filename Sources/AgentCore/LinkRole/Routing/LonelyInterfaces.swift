import WireFormat

/// How long each interface has been without a routing neighbour.
///
/// FRR 8.4's eigrpd can get stuck when both ends of a tunnel meet at the same moment: one end has its neighbour, the
/// other one waits for good for the acknowledgement of its first update.
struct LonelyInterfaces {
  /// How long a neighbour may take to be seen, and how long after one remedy the next one is tried.
  static let patience = Duration.seconds(6)

  private var since: [String: Instant] = [:]

  /// The interfaces for which something should be done now.
  ///
  /// - Parameters:
  ///   - interfaces: those that are there.
  ///   - accompanied: those that have a neighbour.
  mutating func overdue(_ interfaces: [String], accompanied: Set<String>, now: Instant) -> [String] {
    let lonely = interfaces.filter { !accompanied.contains($0) }
    since = since.filter { lonely.contains($0.key) }
    var overdue: [String] = []
    for interface in lonely {
      let start = since[interface] ?? now
      let isOverdue = start.duration(to: now) >= LonelyInterfaces.patience
      since[interface] = isOverdue ? now : start
      if isOverdue { overdue.append(interface) }
    }
    return overdue
  }
}
