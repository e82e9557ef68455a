import ESP
import Testing
import Topology

@testable import AgentCore

@Suite(.needsRoot)
struct ReplicationTests {
  private static let voice: UInt8 = 46 << 2

  @Test("A packet of the class leaves by both lines and comes in once; others leave by their own tunnel only")
  func duplicates() throws {
    let rig = try TwoLines()
    for number in UInt8(0)..<10 {
      try rig.send(TwoLines.packet(number, ReplicationTests.voice))
      try rig.send(TwoLines.packet(100 + number, 0))
    }
    #expect(rig.carry(line: 0) == 20)
    #expect(rig.carry(line: 1) == 10)
    #expect(try rig.received() == (UInt8(0)..<10).flatMap { [$0, 100 + $0] })
    #expect(rig.left[0].traffic(at: .zero).packetsDuplicated == 10)
    #expect(rig.right[1].traffic(at: .zero).packetsEliminated == 10)
    #expect(rig.right[1].traffic(at: .zero).drops.isEmpty)
    #expect(rig.right[1].packetsHeard == 10)
  }

  @Test("A line that swallows everything costs the class nothing, and it stays in order")
  func losesNothing() throws {
    let rig = try TwoLines()
    var received: [UInt8] = []
    for number in UInt8(0)..<30 {
      try rig.send(TwoLines.packet(number, ReplicationTests.voice))
      if (10..<20).contains(number) { rig.swallow(line: 0) } else { rig.carry(line: 0) }
      rig.carry(line: 1)
      received += try rig.received()
    }
    #expect(received == Array(0..<30))
  }

  @Test("A tunnel that has lost its SA sends packets of the class by the other one, and no others")
  func withoutSA() throws {
    let rig = try TwoLines()
    rig.removeSA(0)
    try rig.send(TwoLines.packet(1, ReplicationTests.voice))
    try rig.send(TwoLines.packet(2, 0))
    #expect(rig.carry(line: 0) == 0)
    #expect(rig.carry(line: 1) == 1)
    #expect(try rig.received() == [1])
    #expect(rig.left[0].drops[.noOutboundSA] == 1)
    rig.removeSA(1)
    try rig.send(TwoLines.packet(3, ReplicationTests.voice))
    #expect(rig.left[0].drops[.noOutboundSA] == 2)
  }

  @Test("The header takes of what the narrower line carries: the sender of a longer packet is told, once")
  func tooBig() throws {
    let rig = try TwoLines(mtus: [1400, 1300])
    try rig.send(TwoLines.packet(1, ReplicationTests.voice, length: 1292, dontFragment: true))
    #expect(rig.carry(line: 0) == 1)
    #expect(rig.carry(line: 1) == 1)
    try rig.send(TwoLines.packet(2, ReplicationTests.voice, length: 1293, dontFragment: true))
    #expect(rig.carry(line: 0) == 0)
    #expect(rig.carry(line: 1) == 0)
    let answer = try #require(try rig.answer())
    #expect(answer[20...27] == [3, 4, answer[22], answer[23], 0, 0, 0x05, 0x0C], "fragmentation needed: 1,292 bytes")
    #expect(try rig.answer() == nil)
    #expect(rig.left[0].drops[.tooBig] == 1)

    try rig.send(TwoLines.packet(3, ReplicationTests.voice, length: 1293, dontFragment: false))
    #expect(rig.carry(line: 0) == 2)
    #expect(rig.carry(line: 1) == 2)
    #expect(rig.right[1].drops[.eliminated] == 3)
  }

  @Test("The second copy goes by the tunnel that shares no line with the first, if that one lives")
  func companion() throws {
    let rig = try TwoLines()
    let (lines, tunnels, database) = try rig.mesh()
    let peer = PeerSite()
    for tunnel in tunnels { peer.add(tunnel) }
    let ways = OutboundWays(database: database, uplinks: lines)
    func copies(_ number: Int) -> [Int] {
      peer.ways(ofCopiesFor: tunnels[number], among: ways).map(\.tunnel.number)
    }
    #expect((0..<4).map(copies) == [[0, 3], [1, 2], [2, 1], [3, 0]])
    let settings = TunnelSettings(
      mtu: 1400, measurementInterval: .zero, liveness: LivenessTimers(intervalMilliseconds: 50, multiplier: 3))
    tunnels[3].settings = settings
    tunnels[3].path = TunnelPath(try #require(database.outbound(tunnel: 3)), settings, at: .zero)
    tunnels[3].path?.liveness?.lost()
    #expect(copies(0) == [0, 1])
    peer.remove(tunnels[1])
    #expect(copies(0) == [0, 2])
  }
}
