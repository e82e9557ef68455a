import FabricTestKit
import Testing
import Topology
import WireFormat

@testable import AgentCore

@Suite("Tunnels that settle")
struct SettlingTunnelsTests {
  private let tunnels = SampleSite.configuration().tunnels
  private let names = Set(SampleSite.configuration().tunnels.map(\.name))

  /// The tunnels' interfaces, some of them with carrier.
  private func observed(_ carriers: [String]) -> ObservedKernelState {
    let interfaces = tunnels.enumerated().map { index, tunnel in
      (
        tunnel.interface,
        ObservedKernelState.Interface(
          index: Int32(10 + index), isUp: true, hasCarrier: carriers.contains(tunnel.interface), mtu: 1400)
      )
    }
    return ObservedKernelState(
      interfaces: Dictionary(interfaces) { first, _ in first }, addresses: [], routes: [], rules: [])
  }

  @Test("have settled once they have had their carrier for half a minute, and not while they have none")
  func settle() {
    var clock = ManualClock()
    var settling = SettlingTunnels()
    #expect(settling.update(tunnels, observed([]), at: clock.now) == names)
    #expect(settling.nextChange == nil)
    #expect(settling.update(tunnels, observed(["vti0"]), at: clock.now) == names)
    #expect(settling.nextChange == clock.now.advanced(by: .seconds(30)))
    clock.advance(by: .seconds(29))
    #expect(settling.update(tunnels, observed(["vti0"]), at: clock.now) == names)
    clock.advance(by: .seconds(1))
    #expect(settling.update(tunnels, observed(["vti0"]), at: clock.now) == ["berlin.lte--hq.isp"])
  }

  @Test("begin again when they have lost their carrier")
  func lost() {
    var clock = ManualClock()
    var settling = SettlingTunnels()
    _ = settling.update(tunnels, observed(["vti0", "vti1"]), at: clock.now)
    #expect(settling.update(tunnels, observed(["vti1"]), at: clock.now) == ["berlin.dsl--hq.isp"])
    clock.advance(by: .seconds(5))
    #expect(settling.update(tunnels, observed(["vti0", "vti1"]), at: clock.now) == ["berlin.dsl--hq.isp"])
  }

  @Test("are taken for settled by a link role that finds them with their carrier")
  func takenOver() {
    let clock = ManualClock()
    var settling = SettlingTunnels()
    #expect(settling.update(tunnels, observed(["vti0", "vti1"]), at: clock.now).isEmpty)
    #expect(settling.nextChange == nil)
  }

  @Test("stand behind all others in the topology's own routes, where they lead to a site that carries others' traffic")
  func ranks() {
    let site = SampleSite.configuration()
    func metrics(_ settling: Set<String>) -> [String: UInt32] {
      let desired = DesiredKernelState(site, mtus: [:], leases: [:], settling: settling)
      let routes = desired.interfaceRoutes.filter { $0.interface.hasPrefix("vti") }
      return Dictionary(routes.map { ($0.interface, $0.metric) }) { first, _ in first }
    }
    let usual = metrics([])
    #expect(usual == ["vti0": 0xFF00_0000, "vti1": 0xFF00_0001])
    #expect(metrics(["berlin.dsl--hq.isp"]) == ["vti0": 0xFF00_0002, "vti1": 0xFF00_0001])
    #expect(metrics(names) == ["vti0": 0xFF00_0002, "vti1": 0xFF00_0003])
  }
}
