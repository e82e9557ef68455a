import Testing

@testable import AgentCore

@Suite(.needsRoot)
struct MultipathTests {
  @Test("Flows are shared by the weights of their tunnels, and each keeps to one, into whichever the system routes it")
  func weighted() throws {
    let rig = try TwoLines()
    rig.share(by: SiteShares(weights: ["tunnel 0": 3, "tunnel 1": 1]))
    var flows = [0, 0]
    for flow in UInt8.min...UInt8.max {
      for _ in 0..<4 { try rig.send(TwoLines.packet(flow)) }
      let carried = (0..<2).map { rig.carry(line: $0) }
      #expect(carried == [4, 0] || carried == [0, 4], "flow \(flow)")
      flows[carried[0] > 0 ? 0 : 1] += 1
    }
    #expect((170...214).contains(flows[0]), "\(flows)")
    #expect(rig.left.map(\.packetsOut) == flows.map { UInt64(4 * $0) })
  }

  @Test("Where a tunnel has no SA any more, its flows go by the other one until they are shared out anew")
  func withoutSA() throws {
    let rig = try TwoLines()
    rig.share(by: SiteShares(weights: ["tunnel 0": 1, "tunnel 1": 19]))
    rig.removeSA(1)
    for flow in UInt8(0)..<100 { try rig.send(TwoLines.packet(flow)) }
    #expect(rig.carry(line: 0) == 100)
    rig.share(by: SiteShares())
    try rig.send(TwoLines.packet(1))
    #expect(rig.carry(line: 0) == 1)
  }

  @Test("What is one link's business stays in its tunnel: routing protocols, multicast, link-local addresses")
  func ofOneLink() throws {
    let rig = try TwoLines()
    rig.share(by: SiteShares(weights: ["tunnel 0": 1, "tunnel 1": 20]))
    for flow in UInt8(0)..<50 {
      try rig.send(TwoLines.packet(flow, 48 << 2))
      try rig.send(TwoLines.packet(flow, destination: [224, 0, 0, 5]))
      try rig.send(TwoLines.packet(flow, destination: [169, 254, 3, 7]))
    }
    #expect(rig.carry(line: 0) == 150)
    for flow in UInt8(0)..<50 { try rig.send(TwoLines.packet(flow, destination: [169, 253, 3, 7])) }
    #expect(rig.carry(line: 0) < 20)
  }

  @Test("A tunnel that takes no part in sharing keeps what the system routes into it")
  func notShared() throws {
    let rig = try TwoLines()
    rig.share(by: SiteShares(weights: ["tunnel 1": 3]))
    for flow in UInt8(0)..<50 { try rig.send(TwoLines.packet(flow)) }
    #expect(rig.carry(line: 0) == 50)
    #expect(rig.carry(line: 1) == 0)
  }

  @Test(
    "A class that has a tunnel of its own leaves by that, everything else by where the system routes it, or by weight")
  func classOfItsOwn() throws {
    let rig = try TwoLines()
    let video = SiteShares.OfClass(codePoints: [34, 36], weights: ["tunnel 1": 1])
    rig.share(by: SiteShares(classes: [video]))
    for flow in UInt8(0)..<20 {
      try rig.send(TwoLines.packet(flow, 34 << 2))
      try rig.send(TwoLines.packet(flow))
    }
    #expect((0..<2).map { rig.carry(line: $0) } == [20, 20])
    rig.share(by: SiteShares(weights: ["tunnel 0": 19, "tunnel 1": 1], classes: [video]))
    for flow in UInt8(0)..<20 { try rig.send(TwoLines.packet(flow, 36 << 2 | 1)) }
    #expect((0..<2).map { rig.carry(line: $0) } == [0, 20])
    rig.share(by: SiteShares())
    try rig.send(TwoLines.packet(1, 34 << 2))
    #expect((0..<2).map { rig.carry(line: $0) } == [1, 0])
  }
}
