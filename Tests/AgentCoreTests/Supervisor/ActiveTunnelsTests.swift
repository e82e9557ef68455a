import ControlProtocol
import Foundation
import Testing
import Topology

@testable import AgentCore
@testable import IKE

@Suite("The tunnels that traffic leaves by")
struct ActiveTunnelsTests {
  private let date = Date(timeIntervalSince1970: 1_000_000)
  private let tunnels = SampleSite.configuration().tunnels
  private var carriers = TunnelCarriers()
  private var active = ActiveTunnels()

  private mutating func update() -> [TunnelSwitch] { active.update(tunnels, carriers, at: date) }

  private mutating func establish(_ tunnel: Tunnel) {
    let established = IKEReport.Content.childEstablished(SampleSite.phase2(spi: 1000, at: 5))
    carriers.received(IKEReport(connection: tunnel.name, established), at: date)
  }

  @Test("are the cheapest that carry; leaving one is told with its cause and what it cost, and so is coming back")
  mutating func switching() {
    #expect(update() == [])
    establish(tunnels[0])
    establish(tunnels[1])
    #expect(update() == [])
    #expect(active.names == ["hq": ["berlin.dsl--hq.isp"]])
    carriers.heard(of: tunnels[0].name, .silent(cause: "its tests are not answered", milliseconds: 160))
    #expect(
      update() == [
        TunnelSwitch(
          at: date, peerSite: "hq", from: ["berlin.dsl--hq.isp"], to: ["berlin.lte--hq.isp"],
          cause: "berlin.dsl--hq.isp: its tests are not answered", outageMilliseconds: 160)
      ])
    #expect(update() == [])
    carriers.heard(of: tunnels[0].name, .good)
    #expect(
      update() == [
        TunnelSwitch(
          at: date, peerSite: "hq", from: ["berlin.lte--hq.isp"], to: ["berlin.dsl--hq.isp"],
          cause: "berlin.dsl--hq.isp carries packets as it should again", outageMilliseconds: 0)
      ])
  }

  @Test("share flows by weight as long as several carry and differ in it")
  mutating func weights() {
    var tunnels = tunnels
    for index in tunnels.indices { tunnels[index].cost = 20 }
    tunnels[0].weight = 3
    establish(tunnels[0])
    #expect(active.update(tunnels, carriers, at: date) == [])
    #expect(active.shares == [:])
    establish(tunnels[1])
    _ = active.update(tunnels, carriers, at: date)
    #expect(active.shares == ["hq": [tunnels[0].name: 3, tunnels[1].name: 1]])
    carriers.heard(of: tunnels[0].name, .silent(cause: "its tests are not answered", milliseconds: 160))
    _ = active.update(tunnels, carriers, at: date)
    #expect(active.shares == [:])
    carriers.heard(of: tunnels[0].name, .good)
    tunnels[0].weight = 1
    _ = active.update(tunnels, carriers, at: date)
    #expect(active.names["hq"]?.count == 2)
    #expect(active.shares == [:], "routing shares flows out equally by itself")
  }

  @Test("may be none, which is told, and what comes after it too")
  mutating func none() {
    establish(tunnels[1])
    #expect(update() == [])
    carriers.lost(line: "lte")
    let lost = update()
    #expect(lost.map(\.to) == [[]])
    #expect(lost.map(\.cause) == ["berlin.lte--hq.isp: uplink lte has lost its link"])
    #expect(active.names.isEmpty)
    carriers.observed([])
    #expect(update().map(\.to) == [["berlin.lte--hq.isp"]])
  }
}
