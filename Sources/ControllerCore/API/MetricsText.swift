import ControlProtocol

/// The network in the text format that Prometheus scrapes.
struct MetricsText: CustomStringConvertible {
  let status: API.NetworkStatus
  let drops: Int

  var description: String {
    let sites = status.sites
    let tunnels = sites.flatMap { site in site.status?.tunnels.map { (site.site, $0) } ?? [] }
    let families = [
      family("fabric_revision", "gauge", "Current revision of the topology.", [("", UInt64(status.revision))]),
      family(
        "fabric_dropped_messages_total", "counter", "Messages and connections of agents refused.",
        [("", UInt64(drops))]),
      family(
        "fabric_site_converged", "gauge", "Whether the site is where the current revision wants it.",
        sites.map { (labels($0.site), $0.isConverged ? 1 : 0) }),
      family(
        "fabric_site_connected", "gauge", "Whether the site's agent is connected.",
        sites.map { (labels($0.site), $0.isConnected ? 1 : 0) }),
      family(
        "fabric_tunnel_up", "gauge", "Whether the tunnel carries traffic end to end.",
        tunnels.map { (labels($0.0, $0.1.name), $0.1.reached == .endToEnd ? 1 : 0) }),
      family(
        "fabric_tunnel_received_bytes_total", "counter", "Inner bytes received through the tunnel.",
        tunnels.map { (labels($0.0, $0.1.name), $0.1.counters.bytesIn) }),
      family(
        "fabric_tunnel_sent_bytes_total", "counter", "Inner bytes sent through the tunnel.",
        tunnels.map { (labels($0.0, $0.1.name), $0.1.counters.bytesOut) }),
    ]
    return families.joined()
  }

  private func family(_ name: String, _ type: String, _ help: String, _ samples: [(String, UInt64)]) -> String {
    let lines = samples.map { "\(name)\($0.0) \($0.1)\n" }
    return "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" + lines.joined()
  }

  private func labels(_ site: String, _ tunnel: String? = nil) -> String {
    "{site=\(quoted(site))" + (tunnel.map { ",tunnel=\(quoted($0))" } ?? "") + "}"
  }

  /// A tunnel's name comes from an agent: it must not break out of its quotes.
  private func quoted(_ text: String) -> String {
    let escaped = text.map { character -> String in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n", "\r", "\r\n": "\\n"
      default: String(character)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
