import ControlProtocol
import FabricCrypto
import Foundation
import Testing
import Topology
import WireFormat

@testable import AgentCore
@testable import IKE

@Suite("The carriers of the tunnels")
struct TunnelCarriersTests {
  private let tunnel = SampleSite.configuration().tunnels[0]
  private let date = Date(timeIntervalSince1970: 1_000_000)

  @Test("stand from the first Child SA to the last")
  func childSAs() {
    var carriers = TunnelCarriers()
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &carriers)
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    report(.childEstablished(SampleSite.phase2(spi: 2000, at: 6)), to: &carriers)
    report(.childClosed(SampleSite.spi(1000), reason: "rekeyed"), to: &carriers)
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    report(.closed(reason: "deleted by the peer"), to: &carriers)
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
  }

  @Test("fall with the line, and rise with it")
  func line() {
    var carriers = TunnelCarriers()
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.lost(line: "lte")
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.lost(line: "dsl")
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.observed([UplinkStatus(name: "dsl", interface: "wan0", isUp: true, address: nil, gateway: nil)])
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.observed([UplinkStatus(name: "dsl", interface: "wan0", isUp: false, address: nil, gateway: nil)])
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
  }

  @Test("rise with the line that the tunnel has moved to")
  func otherLine() throws {
    var carriers = TunnelCarriers()
    let elsewhere = try #require(InterfaceAddress("203.0.113.7/24"))
    let hub = Endpoint(.v4(0x2300_0003), port: 4500)
    report(.established(SampleSite.phase1(remote: hub)), to: &carriers)
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.observed([
      UplinkStatus(name: "dsl", interface: "wan0", isUp: false, address: nil, gateway: nil),
      UplinkStatus(name: "lte", interface: "wan1", isUp: true, address: elsewhere, gateway: nil),
    ])
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
    report(.relocated(Endpoint(elsewhere.address, port: 4500)), to: &carriers)
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.lost(line: "lte")
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
  }

  @Test("fall when the tests of a tunnel are not answered, and rise with its life or a new esp process")
  func silence() {
    var carriers = TunnelCarriers()
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.heard(of: tunnel.name, .silent(cause: "no answer", milliseconds: 150))
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.heard(of: tunnel.name, .good)
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    carriers.heard(of: tunnel.name, .silent(cause: "no answer", milliseconds: 150))
    carriers.espRestarted()
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
  }

  @Test("fall on a poor tunnel only while a better one leads to the same site")
  func serviceLevel() {
    var carriers = TunnelCarriers()
    let tunnels = SampleSite.configuration().tunnels
    for tunnel in tunnels {
      let established = IKEReport.Content.childEstablished(SampleSite.phase2(spi: 1000, at: 5))
      carriers.received(IKEReport(connection: tunnel.name, established), at: date)
    }
    carriers.heard(of: tunnels[0].name, .poor(cause: "5 % lost"))
    #expect(tunnels.map { carriers.hasCarrier($0, among: tunnels) } == [false, true])
    #expect(carriers.reason(against: tunnels[0]).cause == "5 % lost")
    carriers.heard(of: tunnels[1].name, .poor(cause: "7 % lost"))
    #expect(tunnels.map { carriers.hasCarrier($0, among: tunnels) } == [true, true])
    carriers.heard(of: tunnels[1].name, .silent(cause: "no answer", milliseconds: 150))
    #expect(tunnels.map { carriers.hasCarrier($0, among: tunnels) } == [true, false])
  }

  @Test("stay while a new ike process negotiates")
  func ikeRestart() {
    var carriers = TunnelCarriers()
    report(.childEstablished(SampleSite.phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.ikeRestarted()
    #expect(carriers.hasCarrier(tunnel, among: [tunnel]))
    report(.childEstablished(SampleSite.phase2(spi: 2000, at: 9)), to: &carriers)
    report(.childClosed(SampleSite.spi(2000), reason: "deleted by the peer"), to: &carriers)
    #expect(!carriers.hasCarrier(tunnel, among: [tunnel]))
  }

  private func report(_ content: IKEReport.Content, to carriers: inout TunnelCarriers) {
    carriers.received(IKEReport(connection: tunnel.name, content), at: date)
  }
}
