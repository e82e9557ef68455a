import ESP
import LinuxNetworking
import Testing
import WireFormat

@testable import AgentCore

struct TrafficReportsTests {
  private let tunnel: TunnelInterface

  init() throws { tunnel = try TrafficReportsTests.makeTunnel("tunnel", number: 1) }

  private static func makeTunnel(_ name: String, number: Int) throws -> TunnelInterface {
    let device = TUNDevice(adopting: try FileDescriptor(path: "/dev/null"), name: "vti\(number)")
    return TunnelInterface(
      number: number, name: name, device: device, settings: TunnelSettings(mtu: 1400, measurementInterval: .zero))
  }

  @Test("A tunnel lives when an authentic packet came since the last question, not when one went out or was dropped")
  func reportsLife() {
    var reports = TrafficReports()
    var alive = reports.tunnelsWithInboundTraffic([tunnel])
    #expect(alive.isEmpty)
    tunnel.countOut(bytes: 100)
    tunnel.drops.count(.notAuthentic)
    alive = reports.tunnelsWithInboundTraffic([tunnel])
    #expect(alive.isEmpty)
    tunnel.countIn(bytes: 100)
    alive = reports.tunnelsWithInboundTraffic([tunnel])
    #expect(alive == ["tunnel"])
    alive = reports.tunnelsWithInboundTraffic([tunnel])
    #expect(alive.isEmpty)
  }

  @Test("Counters are reported when they have changed, drops by the name of their reason")
  func reportsChanges() {
    var reports = TrafficReports()
    tunnel.countIn(bytes: 40)
    tunnel.drops.count(.replayed)
    tunnel.refusedBySystem = 2
    var counters = reports.changedCounters([tunnel], at: .zero)
    #expect(
      counters == [
        TunnelTraffic(tunnel: "tunnel", packetsIn: 1, bytesIn: 40, drops: ["replayed": 1, "refusedBySystem": 2])
      ])
    counters = reports.changedCounters([tunnel], at: .zero)
    #expect(counters.isEmpty)
    var drops = DropCounters()
    drops.count(.unknownSPI)
    var named = reports.changedDrops(drops)
    #expect(named == ["unknownSPI": 1])
    named = reports.changedDrops(drops)
    #expect(named == nil)
  }

  @Test("A tunnel whose counters stand still is not reported because another's move, but to a new supervisor")
  func reportsWhatMoves() throws {
    var reports = TrafficReports()
    let other = try TrafficReportsTests.makeTunnel("other", number: 2)
    let first = reports.changedCounters([tunnel, other], at: .zero)
    #expect(first.map(\.tunnel) == ["other", "tunnel"])
    other.countOut(bytes: 40)
    let changed = reports.changedCounters([tunnel, other], at: .zero)
    #expect(changed == [TunnelTraffic(tunnel: "other", packetsOut: 1, bytesOut: 40)])
    reports = TrafficReports()
    let anew = reports.changedCounters([tunnel, other], at: .zero)
    #expect(anew.count == 2)
  }
}
