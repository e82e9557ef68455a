import ControlProtocol
import ESP
import FabricCrypto
import Foundation
import Testing
import Topology
import WireFormat

@testable import AgentCore
@testable import IKE

@Suite("The status of a site")
struct StatusAssemblyTests {
  private let name = "berlin.dsl--hq.isp"
  private let date = Date(timeIntervalSince1970: 1_000_000)
  private let remote = Endpoint(SampleSite.address("192.0.2.1"), port: 4500)

  @Test("says who has to move first while nobody has answered")
  func waiting() {
    var site = SampleSite.configuration()
    #expect(stage(of: StatusAssembly(site)) == .reachability)
    #expect(fault(of: StatusAssembly(site))?.cause == "waiting for an answer of the peer")
    site.tunnels[0].initiates = false
    #expect(fault(of: StatusAssembly(site))?.cause == "waiting for the peer to open the conversation")
  }

  @Test("says so when the line has no address")
  func noAddress() {
    var status = StatusAssembly(SampleSite.configuration())
    status.received(observation(uplinkAddress: nil))
    #expect(fault(of: status)?.cause == "uplink dsl has no address")
  }

  @Test("blames a line that is down for what its tunnels lack, but for nothing that they have")
  func lineDown() {
    var status = StatusAssembly(SampleSite.configuration())
    status.received(observation(isLineUp: false))
    #expect(fault(of: status) == Fault(stage: .reachability, cause: "uplink dsl is down", at: date))
    report(.established(phase1), to: &status)
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &status)
    status.received(observation(isLineUp: false, isInterfaceUp: true))
    #expect(fault(of: status) == Fault(stage: .routing, cause: "uplink dsl is down", at: date))
  }

  @Test("tells what was dropped that belongs to no tunnel")
  func drops() {
    var status = StatusAssembly(SampleSite.configuration())
    status.received(drops: ["unknownSPI": 7])
    #expect(status.status(agentVersion: "0", at: date, now: .zero).drops == ["unknownSPI": 7])
  }

  @Test("tells what is known of the way of a tunnel's packets, once there is an SA")
  func path() {
    var status = StatusAssembly(SampleSite.configuration())
    status.received([TunnelTraffic(tunnel: name, drops: ["replayed": 3])])
    #expect(tunnel(of: status)?.counters.drops == ["replayed": 3])
    #expect(tunnel(of: status)?.path == nil)
    let traffic = TunnelTraffic(
      tunnel: name, pathMTU: 1438,
      measurement: TunnelMeasurement.Result(
        tests: 100, lost: 3, meanRoundTrip: .microseconds(250), shortestRoundTrip: .microseconds(200),
        jitter: .microseconds(10)), cipherImplementation: "ipsec-mb")
    status.received([traffic])
    let path = TunnelStatus.PathStatus(
      mtu: 1438,
      measurement: PathMeasurement(
        tests: 100, lost: 3, meanRoundTripMicroseconds: 250, shortestRoundTripMicroseconds: 200, jitterMicroseconds: 10),
      cipherImplementation: "ipsec-mb")
    #expect(tunnel(of: status)?.path == path)
  }

  @Test("climbs stage by stage, and names the next one as the fault")
  func stages() {
    var status = StatusAssembly(SampleSite.configuration())
    let failure = IKEReport.Failure(
      stage: .ikeSA, cause: "no proposal chosen", remote: remote, retryAfter: .seconds(1))
    report(.failed(failure), to: &status)
    #expect(fault(of: status) == Fault(stage: .ikeSA, cause: "no proposal chosen", at: date))
    #expect(reached(by: status) == .reachability)
    report(.established(phase1), to: &status)
    #expect(stage(of: status) == .childSA)
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &status)
    #expect(stage(of: status) == .interface)
    status.received(observation(isInterfaceUp: true))
    #expect(stage(of: status) == .routing)
    status.received(observation(isInterfaceUp: true, hasNeighbour: true))
    #expect(fault(of: status)?.cause == "no route into a tunnel for 10.0.0.0/24")
    status.received(observation(isInterfaceUp: true, hasNeighbour: true, reachable: ["10.0.0.0/16"]))
    #expect(fault(of: status) == nil)
    #expect(reached(by: status) == .endToEnd)
  }

  @Test("shows the younger pair of a rekey, and none once all are closed")
  func rekey() {
    var status = StatusAssembly(SampleSite.configuration())
    report(.established(phase1), to: &status)
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &status)
    report(.childEstablished(SampleSite.phase2(spi: 2000, at: 6)), to: &status)
    #expect(tunnel(of: status)?.childSA?.inboundSPI == "000007d0")
    report(.childClosed(SampleSite.spi(1000), reason: "rekeyed"), to: &status)
    #expect(stage(of: status) == .interface)
    report(.childClosed(SampleSite.spi(2000), reason: "deleted by the peer"), to: &status)
    #expect(fault(of: status) == Fault(stage: .childSA, cause: "deleted by the peer", at: date))
  }

  @Test("keeps phase 2 while a new ike process negotiates, and takes over its pairs")
  func ikeRestart() {
    var status = StatusAssembly(SampleSite.configuration())
    report(.established(phase1), to: &status)
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &status)
    status.ikeRestarted()
    #expect(stage(of: status) == .interface)
    #expect(tunnel(of: status)?.ikeSA == nil)
    report(.established(phase1), to: &status)
    report(.childEstablished(SampleSite.phase2(spi: 2000, at: 1)), to: &status)
    #expect(tunnel(of: status)?.childSA?.inboundSPI == "000007d0")
  }

  @Test("tells where both ends of a tunnel are, also after one has moved")
  func moves() {
    var status = StatusAssembly(SampleSite.configuration())
    report(.established(phase1), to: &status)
    #expect(tunnel(of: status)?.localEndpoint == phase1.local)
    let elsewhere = Endpoint(.v4(0x0F00_0101), port: 4500)
    report(.relocated(elsewhere), to: &status)
    #expect(tunnel(of: status)?.localEndpoint == elsewhere)
    report(.moved(elsewhere), to: &status)
    #expect(tunnel(of: status)?.remoteEndpoint == elsewhere)
    report(.closed(reason: "for a test"), to: &status)
    #expect(tunnel(of: status)?.localEndpoint == nil)
  }

  @Test("tells wall clock time of monotonic time")
  func clocks() {
    var status = StatusAssembly(SampleSite.configuration())
    report(.established(phase1), to: &status)
    #expect(tunnel(of: status)?.ikeSA?.establishedAt == date.addingTimeInterval(-7))
    #expect(tunnel(of: status)?.ikeSA?.suite == "AES_GCM_16_256/PRF_HMAC_SHA2_384/ECP_384/ML_KEM_768/PPK")
  }

  @Test("forgets tunnels that a new revision does not have")
  func reconfigured() {
    var status = StatusAssembly(SampleSite.configuration())
    report(.established(phase1), to: &status)
    var site = SampleSite.configuration(revision: 2)
    site.tunnels.removeFirst()
    status.configured(site)
    #expect(status.status(agentVersion: "1", at: date, now: now).tunnels.map(\.name) == ["berlin.lte--hq.isp"])
    status.configured(SampleSite.configuration(revision: 3))
    #expect(tunnel(of: status)?.ikeSA == nil)
  }

  // MARK: Pieces

  private var now: Instant { Instant(nanoseconds: 10_000_000_000) }

  private var phase1: IKESASummary { SampleSite.phase1(remote: remote) }

  private func observation(
    uplinkAddress: String? = "198.51.100.11/24", isLineUp: Bool = true, isInterfaceUp: Bool = false,
    hasNeighbour: Bool = false,
    reachable: [String] = []
  ) -> LinkObservation {
    let line = UplinkStatus(
      name: "dsl", interface: "wan0", isUp: isLineUp && uplinkAddress != nil,
      address: uplinkAddress.map { SampleSite.interfaceAddress($0) },
      gateway: nil)
    return LinkObservation(
      revision: 1, uplinks: [line],
      tunnels: [
        .init(tunnel: name, isInterfaceUp: isInterfaceUp, hasRoutingNeighbour: hasNeighbour, cause: nil)
      ], reachablePrefixes: reachable.map { SampleSite.prefix($0) }, missingPrefixes: [], faults: [])
  }

  private func report(_ content: IKEReport.Content, to status: inout StatusAssembly) {
    status.received(IKEReport(connection: name, content), at: date)
  }

  private func tunnel(of status: StatusAssembly) -> TunnelStatus? {
    status.status(agentVersion: "1", at: date, now: now).tunnels.first { $0.name == name }
  }
  private func fault(of status: StatusAssembly) -> Fault? { tunnel(of: status)?.fault }
  private func stage(of status: StatusAssembly) -> Stage? { fault(of: status)?.stage }
  private func reached(by status: StatusAssembly) -> Stage? { tunnel(of: status)?.reached }
}
