import Foundation
import Testing
import Topology

@testable import ControllerCore

@Suite("Shortcuts")
struct ShortcutsTests {
  private let start = Date(timeIntervalSince1970: 1_800_000_000)

  private func ground() throws -> ShortcutGround {
    let yaml = Network.yaml(spokes: ["berlin", "paris", "rome"])
      .replacing("shape: hub-and-spoke", with: "shape: hub-and-spoke\n  shortcuts: { idle: 30s }")
      .replacing("protocol: static", with: "protocol: ospf")
      // Berlin can be called; the two others cannot.
      .replacing("dhcp, behindNAT: true", with: "198.51.100.11/24, gateway: 198.51.100.254", maxReplacements: 1)
    let baseline = try Planner.propose([UInt8](yaml.utf8), file: "test", on: Baseline()).result
    return try #require(DesiredNetwork(baseline).shortcutGround)
  }

  @Test("are given to both ends of a pair with the first demand, with the same key, and to nobody else")
  func demand() throws {
    var shortcuts = Shortcuts()
    shortcuts.adopt(try ground())
    shortcuts.demand(from: "berlin", to: ["paris"], at: start)
    let berlin = try #require(shortcuts.tunnels(of: "berlin", at: start)?.first)
    let paris = try #require(shortcuts.tunnels(of: "paris", at: start)?.first)
    #expect(berlin.name == paris.name)
    #expect(berlin.interface == paris.interface)
    #expect(berlin.authentication == paris.authentication)
    #expect(berlin.authentication.presharedKey?.bytes.count == 32)
    #expect(berlin.initiates != paris.initiates)
    #expect(shortcuts.tunnels(of: "rome", at: start) == [])
    #expect(shortcuts.tunnels(of: "hq", at: start) == [])
  }

  @Test("stay for as long as either end has demand, and go when both have had none for the idle time")
  func idle() throws {
    var shortcuts = Shortcuts()
    shortcuts.adopt(try ground())
    shortcuts.demand(from: "berlin", to: ["paris"], at: start)
    let first = shortcuts.tunnels(of: "berlin", at: start)
    shortcuts.demand(from: "paris", to: ["berlin"], at: start + 20)
    #expect(shortcuts.tunnels(of: "berlin", at: start + 49) == first)
    #expect(shortcuts.tunnels(of: "berlin", at: start + 50) == [])
    #expect(shortcuts.tunnels(of: "paris", at: start + 50) == [])
    shortcuts.demand(from: "paris", to: ["berlin"], at: start + 60)
    let second = shortcuts.tunnels(of: "berlin", at: start + 60)
    #expect(second?.count == 1)
    #expect(second != first, "the next shortcut has another key")
  }

  @Test("are refused with a hub, with oneself, with a site that there is not, and where neither end can be called")
  func notAllowed() throws {
    var shortcuts = Shortcuts()
    shortcuts.adopt(try ground())
    shortcuts.demand(from: "berlin", to: ["hq", "berlin", "oslo"], at: start)
    shortcuts.demand(from: "paris", to: ["rome"], at: start)
    #expect(shortcuts.tunnels(of: "berlin", at: start) == [])
    #expect(shortcuts.tunnels(of: "paris", at: start) == [])
  }

  @Test("survive another revision that has both ends, on interfaces that none of its tunnels has, and no other")
  func revisions() throws {
    var shortcuts = Shortcuts()
    let ground = try ground()
    shortcuts.adopt(ground)
    shortcuts.demand(from: "berlin", to: ["paris"], at: start)
    let before = shortcuts.tunnels(of: "berlin", at: start)
    shortcuts.adopt(ground)
    #expect(shortcuts.tunnels(of: "berlin", at: start) == before)
    let interface = try #require(before?.first?.interface)
    #expect(!ground.allocations.interfaceNumbers.values.map { "vti\($0)" }.contains(interface))
    shortcuts.adopt(nil)
    #expect(shortcuts.tunnels(of: "berlin", at: start) == nil)
  }
}
