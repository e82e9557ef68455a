import ControlProtocol
import Foundation
import Testing

@testable import ControllerCore

struct MetricsTextTests {
  private func text(_ tunnel: TunnelStatus, siteDrops: [String: UInt64] = [:]) -> String {
    let date = Date(timeIntervalSince1970: 0)
    let status = SiteStatus(
      site: "hq", revision: 1, agentVersion: "0", at: date, uplinks: [], tunnels: [tunnel], reachablePrefixes: [],
      missingPrefixes: [], drops: siteDrops, faults: [])
    let site = API.SiteState(
      site: "hq", isManaged: true, isConnected: true, lastSeen: date, desiredRevision: 1, isConverged: true, faults: [],
      status: status)
    return MetricsText(
      status: API.NetworkStatus(topology: "acme", revision: 1, sites: [site]), drops: 0
    ).description
  }

  private func tunnel(_ counters: TunnelStatus.Counters, path: TunnelStatus.PathStatus? = nil) -> TunnelStatus {
    TunnelStatus(
      name: "a--b", interface: "vti0", peerSite: "b", uplink: "isp", localEndpoint: nil, remoteEndpoint: nil,
      reached: .endToEnd, fault: nil, ikeSA: nil, childSA: nil, counters: counters, path: path)
  }

  @Test("Every reason for which packets were dropped has a sample, of a tunnel and of none")
  func drops() {
    let text = text(tunnel(.init(drops: ["replayed": 3, "tooBig": 1])), siteDrops: ["unknownSPI": 7])
    #expect(text.contains("fabric_tunnel_dropped_packets_total{site=\"hq\",tunnel=\"a--b\",reason=\"replayed\"} 3\n"))
    #expect(text.contains("fabric_tunnel_dropped_packets_total{site=\"hq\",tunnel=\"a--b\",reason=\"tooBig\"} 1\n"))
    #expect(text.contains("fabric_site_dropped_packets_total{site=\"hq\",reason=\"unknownSPI\"} 7\n"))
  }

  @Test("What a tunnel carried in the last second is there, in packets and in bits, for each direction")
  func rates() {
    let counters = TunnelStatus.Counters(
      inbound: TrafficRate(packetsPerSecond: 11, bitsPerSecond: 12),
      outbound: TrafficRate(packetsPerSecond: 13, bitsPerSecond: 14))
    let text = text(tunnel(counters))
    for sample in [
      "received_packets_per_second{site=\"hq\",tunnel=\"a--b\"} 11",
      "received_bits_per_second{site=\"hq\",tunnel=\"a--b\"} 12",
      "sent_packets_per_second{site=\"hq\",tunnel=\"a--b\"} 13",
      "sent_bits_per_second{site=\"hq\",tunnel=\"a--b\"} 14",
    ] { #expect(text.contains("fabric_tunnel_" + sample + "\n")) }
  }

  @Test("What the tests of a path tell is there once there are any")
  func measurement() {
    #expect(!text(tunnel(.init())).contains("fabric_tunnel_round_trip_microseconds{"))
    let measurement = PathMeasurement(
      tests: 100, lost: 2, meanRoundTripMicroseconds: 250, shortestRoundTripMicroseconds: 200, jitterMicroseconds: 10)
    let text = text(
      tunnel(
        .init(packetsIn: 5, packetsOut: 6),
        path: .init(mtu: 1438, measurement: measurement, cipherImplementation: "openssl")))
    for sample in [
      "round_trip_microseconds{site=\"hq\",tunnel=\"a--b\"} 250", "tests_lost{site=\"hq\",tunnel=\"a--b\"} 2",
      "path_mtu_bytes{site=\"hq\",tunnel=\"a--b\"} 1438", "received_packets_total{site=\"hq\",tunnel=\"a--b\"} 5",
    ] { #expect(text.contains("fabric_tunnel_" + sample + "\n")) }
  }
}
