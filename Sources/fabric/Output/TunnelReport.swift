import ControlProtocol

/// Everything that is known of a tunnel, from both of its ends.
struct TunnelReport {
  let name: String
  let status: API.NetworkStatus
  let palette: Palette

  /// The tunnel's ends: the site that reports, and what.
  var ends: [(site: String, tunnel: TunnelStatus)] {
    status.sites.flatMap { site in
      (site.status?.tunnels ?? []).filter { $0.name == name }.map { (site.site, $0) }
    }
  }

  /// The names of all tunnels, for an operator who mistyped one.
  var known: [String] { Set(status.sites.flatMap { ($0.status?.tunnels ?? []).map(\.name) }).sorted() }

  /// One block an end.
  var lines: [String] {
    Array(
      ends.map { palette.paint("\(name) at \($0.site)", .heading).asLine + facts($0.tunnel) }.joined(separator: [""]))
  }

  private func facts(_ tunnel: TunnelStatus) -> [String] {
    var facts: [(String, String)] = [
      ("interface", tunnel.interface), ("peer", tunnel.peerSite), ("uplink", tunnel.uplink),
      ("local", tunnel.localEndpoint.map { "\($0)" } ?? "unknown"),
      ("remote", tunnel.remoteEndpoint.map { "\($0)" } ?? "unknown"), ("reached", tunnel.reached.title),
    ]
    if let fault = tunnel.fault { facts.append(("fault", "\(fault.stage.title): \(fault.cause)")) }
    if let ikeSA = tunnel.ikeSA { facts += self.facts(ikeSA) }
    if let childSA = tunnel.childSA { facts += self.facts(childSA) }
    if let path = tunnel.path { facts += self.facts(path) }
    let counters = tunnel.counters
    facts.append(("received", amount(counters.packetsIn, counters.bytesIn, counters.inbound)))
    facts.append(("sent", amount(counters.packetsOut, counters.bytesOut, counters.outbound)))
    if counters.packetsDuplicated > 0 || counters.packetsEliminated > 0 {
      facts.append(
        (
          "twice", "\(counters.packetsDuplicated) packets sent, \(counters.packetsEliminated) second copies received"
        ))
    }
    facts += counters.drops.sorted { $0.key < $1.key }.map { ("dropped", "\($0.value) packets: \($0.key)") }
    return facts.map { key, value in "  \(key)\(String(repeating: " ", count: 12 - key.count))\(value)" }
  }

  private func amount(_ packets: UInt64, _ bytes: UInt64, _ rate: TrafficRate) -> String {
    "\(packets) packets, \(byteCount(bytes)); \(rate.packetsPerSecond) packets/s, \(bitRate(rate.bitsPerSecond)) now"
  }

  private func facts(_ path: TunnelStatus.PathStatus) -> [(String, String)] {
    [
      ("path", "MTU \(path.mtu)"),
      ("round trip", path.measurement.map { roundTrip($0) } ?? "not measured: the peer answers no tests"),
      ("cipher by", path.cipherImplementation),
    ]
  }

  private func roundTrip(_ path: PathMeasurement) -> String {
    "\(path.meanRoundTripMicroseconds) µs, shortest \(path.shortestRoundTripMicroseconds) µs, "
      + "jitter \(path.jitterMicroseconds) µs, \(path.lost) of \(path.tests) lost"
  }

  private func facts(_ ikeSA: TunnelStatus.IKESAStatus) -> [(String, String)] {
    let nat = [(ikeSA.localNAT, "this end"), (ikeSA.remoteNAT, "the peer")].filter(\.0).map(\.1)
    return [
      ("Phase 1", "\(ikeSA.suite), SPIs \(ikeSA.initiatorSPI) \(ikeSA.responderSPI)"),
      ("since", "\(ikeSA.establishedAt)"), ("NAT", nat.isEmpty ? "none" : "before " + nat.joined(separator: " and ")),
    ] + (ikeSA.authentication.map { [("peer by", $0)] } ?? [])
  }

  private func facts(_ childSA: TunnelStatus.ChildSAStatus) -> [(String, String)] {
    [
      (
        "Phase 2",
        "\(childSA.suite) in \(childSA.encapsulation.rawValue), "
          + "SPIs in \(childSA.inboundSPI) out \(childSA.outboundSPI)"
      ), ("since", "\(childSA.establishedAt)"),
    ]
  }
}

extension String {
  fileprivate var asLine: [String] { [self] }
}
