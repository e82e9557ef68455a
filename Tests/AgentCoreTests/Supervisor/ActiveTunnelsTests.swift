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
    #expect(active.shares == ["hq": SiteShares(weights: [tunnels[0].name: 3, tunnels[1].name: 1])])
    carriers.heard(of: tunnels[0].name, .silent(cause: "its tests are not answered", milliseconds: 160))
    _ = active.update(tunnels, carriers, at: date)
    #expect(active.shares == [:])
    carriers.heard(of: tunnels[0].name, .good)
    tunnels[0].weight = 1
    _ = active.update(tunnels, carriers, at: date)
    #expect(active.names["hq"]?.count == 2)
    #expect(active.shares == [:], "routing shares flows out equally by itself")
  }

  @Test("of a class are the cheapest that are good enough for it, and those of all other traffic where none is")
  mutating func classes() {
    let level = ServiceLevelLimits(lossPercent: nil, latencyMilliseconds: 100, jitterMilliseconds: nil, holdSeconds: 5)
    let classes = [
      TrafficClass(name: "video", codePoints: [34], sharePercent: 30, serviceLevel: level),
      TrafficClass(name: "bulk", codePoints: [10], sharePercent: 5),
    ]
    let (dsl, lte) = (tunnels[0].name, tunnels[1].name)
    establish(tunnels[0])
    establish(tunnels[1])
    #expect(active.update(tunnels, classes: classes, carriers, at: date) == [])
    #expect(active.classNames == [:])
    carriers.heard(of: dsl, poorFor: ["video": "its round trip takes 180 ms"])
    #expect(
      active.update(tunnels, classes: classes, carriers, at: date) == [
        TunnelSwitch(
          at: date, peerSite: "hq", trafficClass: "video", from: [dsl], to: [lte],
          cause: "\(dsl): its round trip takes 180 ms", outageMilliseconds: 0)
      ])
    #expect(active.names == ["hq": [dsl]])
    #expect(active.classNames == ["hq": ["video": [lte]]])
    #expect(
      active.shares == ["hq": SiteShares(classes: [SiteShares.OfClass(codePoints: [34], weights: [lte: 1])])])
    carriers.heard(of: lte, poorFor: ["video": "its round trip takes 300 ms"])
    #expect(active.update(tunnels, classes: classes, carriers, at: date).map(\.trafficClass) == ["video"])
    #expect(active.classNames == [:])
    carriers.heard(of: lte, poorFor: [:])
    carriers.heard(of: dsl, poorFor: [:])
    #expect(active.update(tunnels, classes: classes, carriers, at: date) == [])
    carriers.heard(of: dsl, .silent(cause: "its tests are not answered", milliseconds: 160))
    #expect(
      active.update(tunnels, classes: classes, carriers, at: date).map(\.trafficClass) == [nil],
      "what moves with all other traffic is not told of by itself")
    carriers.heard(of: dsl, .good)
    _ = active.update(tunnels, classes: classes, carriers, at: date)
    carriers.heard(of: dsl, poorFor: ["video": "its round trip takes 180 ms"])
    _ = active.update(tunnels, classes: classes, carriers, at: date)
    #expect(active.update(tunnels, carriers, at: date) == [], "the operator has taken the class away")
    #expect(active.shares == [:])
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
