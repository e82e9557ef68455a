import ControlProtocol

/// The network in the text format that Prometheus scrapes.
struct MetricsText: CustomStringConvertible {
  let status: API.NetworkStatus
  let drops: Int

  var description: String { (network + sites + traffic + rates + paths).joined() }

  private var tunnels: [(site: String, tunnel: TunnelStatus)] {
    status.sites.flatMap { site in site.status?.tunnels.map { (site.site, $0) } ?? [] }
  }

  private var network: [String] {
    [
      family("fabric_revision", "gauge", "Current revision of the topology.", [("", UInt64(status.revision))]),
      family(
        "fabric_dropped_messages_total", "counter", "Messages and connections of agents refused.",
        [("", UInt64(drops))]),
    ]
  }

  private var sites: [String] {
    [
      family(
        "fabric_site_converged", "gauge", "Whether the site is where the current revision wants it.",
        status.sites.map { (labels($0.site), $0.isConverged ? 1 : 0) }),
      family(
        "fabric_site_connected", "gauge", "Whether the site's agent is connected.",
        status.sites.map { (labels($0.site), $0.isConnected ? 1 : 0) }),
      family(
        "fabric_site_dropped_packets_total", "counter", "Packets that belong to no tunnel, dropped, by reason.",
        status.sites.flatMap { site in
          (site.status?.drops ?? [:]).sorted { $0.key < $1.key }.map { (labels(site.site, reason: $0.key), $0.value) }
        }),
    ]
  }

  private var traffic: [String] {
    [
      ofTunnels("fabric_tunnel_up", "gauge", "Whether the tunnel carries traffic end to end.") {
        $0.reached == .endToEnd ? 1 : 0
      },
      ofTunnels("fabric_tunnel_received_packets_total", "counter", "Packets received through the tunnel.") {
        $0.counters.packetsIn
      },
      ofTunnels("fabric_tunnel_received_bytes_total", "counter", "Inner bytes received through the tunnel.") {
        $0.counters.bytesIn
      },
      ofTunnels("fabric_tunnel_sent_packets_total", "counter", "Packets sent through the tunnel.") {
        $0.counters.packetsOut
      },
      ofTunnels("fabric_tunnel_sent_bytes_total", "counter", "Inner bytes sent through the tunnel.") {
        $0.counters.bytesOut
      },
      ofTunnels(
        "fabric_tunnel_duplicated_packets_total", "counter", "Packets of the tunnel that were sent by another one too."
      ) { $0.counters.packetsDuplicated },
      ofTunnels(
        "fabric_tunnel_eliminated_packets_total", "counter", "Second copies of packets, received and not needed."
      ) { $0.counters.packetsEliminated },
      family(
        "fabric_tunnel_dropped_packets_total", "counter", "Packets of the tunnel dropped, by reason.",
        tunnels.flatMap { site, tunnel in
          tunnel.counters.drops.sorted { $0.key < $1.key }.map {
            (labels(site, tunnel.name, reason: $0.key), $0.value)
          }
        }),
    ]
  }

  /// As `status` and `show` tell them: of the last second, so that a look tells what goes on without a history.
  private var rates: [String] {
    [
      ofTunnels("fabric_tunnel_received_packets_per_second", "gauge", "Packets received in the last second.") {
        $0.counters.inbound.packetsPerSecond
      },
      ofTunnels("fabric_tunnel_received_bits_per_second", "gauge", "Inner bits received in the last second.") {
        $0.counters.inbound.bitsPerSecond
      },
      ofTunnels("fabric_tunnel_sent_packets_per_second", "gauge", "Packets sent in the last second.") {
        $0.counters.outbound.packetsPerSecond
      },
      ofTunnels("fabric_tunnel_sent_bits_per_second", "gauge", "Inner bits sent in the last second.") {
        $0.counters.outbound.bitsPerSecond
      },
    ]
  }

  private var paths: [String] {
    [
      ofTunnels("fabric_tunnel_path_mtu_bytes", "gauge", "The largest outer packet that the path carries.") {
        $0.path.map { UInt64(clamping: $0.mtu) }
      },
      ofTunnels("fabric_tunnel_round_trip_microseconds", "gauge", "Mean round trip of the last tests.") {
        $0.path?.measurement.map { UInt64(clamping: $0.meanRoundTripMicroseconds) }
      },
      ofTunnels("fabric_tunnel_jitter_microseconds", "gauge", "Mean change of the round trip between tests.") {
        $0.path?.measurement.map { UInt64(clamping: $0.jitterMicroseconds) }
      },
      ofTunnels("fabric_tunnel_tests", "gauge", "Tests of the path that the figures are of.") {
        $0.path?.measurement.map { UInt64(clamping: $0.tests) }
      },
      ofTunnels("fabric_tunnel_tests_lost", "gauge", "Those of the tests that were not answered.") {
        $0.path?.measurement.map { UInt64(clamping: $0.lost) }
      },
    ]
  }

  /// One sample for each tunnel that has a value.
  private func ofTunnels(
    _ name: String, _ type: String, _ help: String, _ value: (TunnelStatus) -> UInt64?
  ) -> String {
    family(
      name, type, help, tunnels.compactMap { site, tunnel in value(tunnel).map { (labels(site, tunnel.name), $0) } })
  }

  private func family(_ name: String, _ type: String, _ help: String, _ samples: [(String, UInt64)]) -> String {
    let lines = samples.map { "\(name)\($0.0) \($0.1)\n" }
    return "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" + lines.joined()
  }

  private func labels(_ site: String, _ tunnel: String? = nil, reason: String? = nil) -> String {
    let labels = [("site", site), ("tunnel", tunnel), ("reason", reason)]
    return "{" + labels.compactMap { name, value in value.map { "\(name)=\(quoted($0))" } }.joined(separator: ",") + "}"
  }

  /// Names and reasons come from agents: they must not break out of their quotes.
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
