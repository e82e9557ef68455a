import Topology

/// BFD's timers, under a name that the routing protocols refer to (RFC 5880).
enum BFDProfile {
  static let name = "OVERLAY"

  static func render(_ bfd: RoutingConfiguration.BFD, into lines: inout FRRLines) {
    lines.add("!")
    lines.add("bfd")
    lines.add(" profile \(name)")
    // FRR leaves its defaults out, and is read back.
    if bfd.intervalMilliseconds != 300 {
      lines.add("  transmit-interval \(bfd.intervalMilliseconds)")
      lines.add("  receive-interval \(bfd.intervalMilliseconds)")
    }
    if bfd.multiplier != 3 { lines.add("  detect-multiplier \(bfd.multiplier)") }
    lines.add(" exit")
    lines.add("exit")
  }
}
