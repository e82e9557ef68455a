import ControlProtocol
import Testing
import Topology
import WireFormat

@testable import AgentCore

@Suite("The lines of the tunnels")
struct TunnelLinesTests {
  private let one = IPAddress.v4(0xC633_6401)
  private let other = IPAddress.v4(0xCB00_7101)

  private func lines(dslIsUp: Bool) -> TunnelLines {
    let observed = [("dsl", dslIsUp), ("lte", true)].map {
      UplinkStatus(name: $0.0, interface: "wan", isUp: $0.1, address: nil, gateway: nil)
    }
    return TunnelLines(observed, sockets: ["dsl": one, "lte": other])
  }

  private func tunnel(managed: Bool) -> Tunnel {
    var tunnel = SampleSite.configuration().tunnels[0]
    (tunnel.uplink, tunnel.peerIsManaged) = ("dsl", managed)
    return tunnel
  }

  @Test("a tunnel of ours keeps its line, dead or alive, and tells of no other")
  func managed() throws {
    for isUp in [true, false] {
      let connection = try tunnel(managed: true).connection(by: lines(dslIsUp: isUp))
      #expect(connection.localUplink == "dsl" && connection.localAddress == one)
      #expect(connection.additionalAddresses.isEmpty)
    }
  }

  @Test("a third party's goes by another line while its own is gone, and its peer is told of both")
  func thirdParty() throws {
    let before = try tunnel(managed: false).connection(by: lines(dslIsUp: true))
    #expect(before.localUplink == "dsl" && before.localAddress == one && before.additionalAddresses == [other])
    let after = try tunnel(managed: false).connection(by: lines(dslIsUp: false))
    #expect(after.localUplink == "lte" && after.localAddress == other && after.additionalAddresses == [one])
  }

  @Test("a line without an address, or of another family than the peer's, carries nothing")
  func unfit() throws {
    var tunnel = tunnel(managed: false)
    let closed = TunnelLines([], sockets: ["dsl": one])
    #expect(closed.additionalAddresses(of: tunnel).isEmpty)
    tunnel.remoteAddress = .v6(high: 1, low: 1)
    #expect(lines(dslIsUp: false).line(of: tunnel).name == "dsl")
    let none = TunnelLines([], sockets: [:]).line(of: tunnel)
    #expect(none.name == "dsl" && none.address == nil)
  }
}
