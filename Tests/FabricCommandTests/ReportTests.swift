import ControlProtocol
import Testing

@testable import fabric

@Suite("What the command line prints")
struct ReportTests {
  private let plain = Palette(isColoured: false)

  @Test("A converged network says so, and each site in one row")
  func converged() {
    let status = Samples.network(Samples.site("hq", isConverged: true, tunnels: [Samples.tunnel(.endToEnd)]))
    #expect(
      ConvergenceReport(status: status, revision: 3, palette: plain).lines == [
        "", "SITE  RESULT     TUNNELS  WHY", "hq    converged  1/1", "", "revision 3 runs at every site",
      ])
  }

  @Test("A site that has not converged is named with the earliest stage it stopped at and every cause once")
  func stopped() {
    let refused = Samples.fault(.ikeSA, "no proposal chosen")
    let status = Samples.network(
      Samples.site("berlin", isConverged: true),
      Samples.site("hq", isConverged: false, faults: [Samples.fault(.routing, "no neighbour"), refused, refused]))
    let lines = ConvergenceReport(status: status, revision: 3, palette: plain).lines
    #expect(lines.contains("hq      stopped at Phase 1 (IKE SA)  0/0      no proposal chosen; no neighbour"))
    #expect(lines.last == "revision 3 does not run at hq")
  }

  @Test(
    "Bits per second are told in decimal units",
    arguments: [(999, "999 b/s"), (4_650_000, "4.7 Mb/s")] as [(UInt64, String)])
  func rates(bitsPerSecond: UInt64, text: String) {
    #expect(bitRate(bitsPerSecond) == text)
  }

  @Test("A site whose agent never came is said to miss its agent")
  func noAgent() {
    let status = Samples.network(Samples.site("hq", isConverged: false, isConnected: false))
    let lines = ConvergenceReport(status: status, revision: 3, palette: plain).lines
    #expect(lines.contains("hq    stopped at configuration  0/0      its agent is not connected"))
  }

  @Test("Status before the first apply says what to do")
  func nothingApplied() {
    let status = API.NetworkStatus(topology: nil, revision: 0, sites: [])
    #expect(StatusReport(status: status, palette: plain).lines == ["no topology is applied yet: fabric apply FILE"])
  }

  @Test("Status tells by which tunnel traffic leaves and why, events tell of every switch")
  func switches() {
    let change = TunnelSwitch(
      at: Samples.date, peerSite: "hq", from: ["fiber"], to: ["lte"], cause: "fiber: its tests are not answered",
      outageMilliseconds: 160)
    var site = Samples.site("berlin", isConverged: true)
    site.status?.activeTunnels = ["hq": ["lte"]]
    site.status?.classTunnels = ["hq": ["video": ["mpls"]]]
    site.status?.switches = [change]
    let status = Samples.network(site)
    #expect(
      StatusReport(status: status, palette: plain).lines.suffix(3) == [
        "SITE    TO          TRAFFIC BY  SINCE                 BECAUSE",
        "berlin  hq          lte         1970-01-01T00:00:00Z  fiber: its tests are not answered (160 ms)",
        "berlin  hq (video)  mpls",
      ])
    #expect(
      SwitchReport(status: status, site: "berlin").lines(plain) == [
        "AT                    SITE    TO  FROM TUNNEL  TO TUNNEL  OUTAGE  BECAUSE",
        "1970-01-01T00:00:00Z  berlin  hq  fiber        lte        160 ms  fiber: its tests are not answered",
      ])
    #expect(SwitchReport(status: status, site: "hq").switches.isEmpty)
  }

  @Test("Status tells which uplink carries what, and what share of the flows a tunnel has")
  func shares() {
    var tunnels = [Samples.tunnel(.endToEnd, name: "fiber"), Samples.tunnel(.endToEnd, name: "lte")]
    tunnels[0].weight = 3
    tunnels[1].uplink = "lte"
    tunnels[0].counters.outbound.bitsPerSecond = 4_500_000
    tunnels[0].counters.inbound.bitsPerSecond = 900
    tunnels[1].counters.outbound.bitsPerSecond = 1_500_000
    var site = Samples.site("berlin", isConverged: true, tunnels: tunnels)
    site.status?.activeTunnels = ["hq": ["fiber", "lte"]]
    site.status?.uplinks = ["dsl", "lte"].map {
      UplinkStatus(name: $0, interface: "wan0", isUp: true, address: nil, gateway: nil)
    }
    #expect(
      StatusReport(status: Samples.network(site), palette: plain).lines.suffix(6) == [
        "SITE    UPLINK  SENDS     RECEIVES", "berlin  dsl     4.5 Mb/s  900 b/s",
        "berlin  lte     1.5 Mb/s  0 b/s", "", "SITE    TO  TRAFFIC BY            SINCE  BECAUSE",
        "berlin  hq  fiber 75 %, lte 25 %",
      ])
  }

  @Test("Status counts converged sites and shows a faulty tunnel's cause")
  func statusTables() {
    let tunnel = Samples.tunnel(.reachability, fault: Samples.fault(.ikeSA, "peer silent"))
    let status = Samples.network(
      Samples.site("berlin", isConverged: false, faults: [Samples.fault(.ikeSA, "peer silent")], tunnels: [tunnel]),
      Samples.site("hq", isConverged: true))
    let lines = StatusReport(status: status, palette: plain).lines
    #expect(lines.first == "acme, revision 3: 1 of 2 sites converged")
    // SUITE, ROUND TRIP and LOSS are empty.
    let gap = String(repeating: " ", count: 20)
    #expect(lines.last == "berlin  berlin.dsl--hq.isp-a  vti1  reachability         0 B  0 B\(gap)peer silent")
  }

  @Test("A plan lists changes under their sites and counts them")
  func plan() {
    let plan = API.Plan(
      fromRevision: 2,
      changes: [
        .init(kind: .change, site: "hq", tunnel: nil, details: ["loopback: 10.0.0.1 → 10.0.0.2"]),
        .init(kind: .add, site: "hq", tunnel: "a--b", details: []),
        .init(kind: .remove, site: "paris", tunnel: nil, details: []),
      ])
    #expect(
      PlanReport(plan: plan, palette: plain).lines == [
        "hq", "  ~ site", "      loopback: 10.0.0.1 → 10.0.0.2", "  + tunnel a--b", "paris", "  - site",
        "from revision 2: 1 to add, 1 to change, 1 to remove",
      ])
  }

  @Test("A plan without changes says so")
  func emptyPlan() {
    let plan = API.Plan(fromRevision: 2, changes: [])
    #expect(PlanReport(plan: plan, palette: plain).lines == ["nothing would change"])
  }

  @Test(
    "Bytes are counted in the largest unit that leaves at least one",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (UInt64.max, "16777216.0 TiB"),
    ])
  func bytes(count: UInt64, text: String) { #expect(byteCount(count) == text) }
}

@Suite("Progress of an apply")
struct ProgressTests {
  @Test("Only what is new is said")
  func onlyNews() {
    var progress = Progress()
    let first = Samples.network(Samples.site("hq", isConverged: false, tunnels: [Samples.tunnel(.reachability)]))
    #expect(
      progress.steps(to: first) == [
        "hq: connected, runs revision 3", "hq  berlin.dsl--hq.isp-a: reachability",
      ])
    #expect(progress.steps(to: first).isEmpty)
    let second = Samples.network(Samples.site("hq", isConverged: false, tunnels: [Samples.tunnel(.ikeSA)]))
    #expect(progress.steps(to: second) == ["hq  berlin.dsl--hq.isp-a: Phase 1 (IKE SA)"])
  }

  @Test("A fault is said with its stage")
  func fault() {
    var progress = Progress()
    let tunnel = Samples.tunnel(.reachability, fault: Samples.fault(.ikeSA, "no proposal chosen"))
    let steps = progress.steps(to: Samples.network(Samples.site("hq", isConverged: false, tunnels: [tunnel])))
    #expect(steps.last == "hq  berlin.dsl--hq.isp-a: reachability; Phase 1 (IKE SA): no proposal chosen")
  }

  @Test("A network on another revision has not converged")
  func otherRevision() {
    let status = Samples.network(Samples.site("hq", isConverged: true))
    #expect(status.hasConverged(on: 3))
    #expect(!status.hasConverged(on: 4))
  }
}
