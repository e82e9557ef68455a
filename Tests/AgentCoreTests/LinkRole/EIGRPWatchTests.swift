import Routing
import Testing
import WireFormat

@testable import AgentCore

@Suite("Watching eigrpd")
struct EIGRPWatchTests {
  private let start = Instant.zero
  private let lonely: Set<EIGRPWatch.Fault> = [.noNeighbour(interface: "vti1")]

  private func after(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

  @Test("A fault is overdue only after it lasted for the whole time, and then once each time")
  func overdue() {
    var watch = EIGRPWatch()
    #expect(watch.overdue(lonely, now: start) == nil)
    #expect(watch.overdue(lonely, now: after(5999)) == nil)
    #expect(watch.overdue(lonely, now: after(6000))?.contains("vti1") == true)
    #expect(watch.overdue(lonely, now: after(6001)) == nil)
    #expect(watch.overdue(lonely, now: after(12000)) == nil)
    #expect(watch.overdue(lonely, now: after(12001)) != nil)
  }

  @Test("A fault that was gone in between starts the time anew")
  func gone() {
    var watch = EIGRPWatch()
    #expect(watch.overdue(lonely, now: start) == nil)
    #expect(watch.overdue([], now: after(5000)) == nil)
    #expect(watch.overdue(lonely, now: after(8000)) == nil)
    #expect(watch.overdue(lonely, now: after(14000)) != nil)
  }

  @Test("The two ends of a tunnel do not start anew at the same time")
  func staggered() {
    let patience = [("172.31.0.1/30", "172.31.0.2"), ("172.31.0.2/30", "172.31.0.1")].map { local, peer in
      var tunnel = SampleSite.tunnel("dsl", "vti1", cost: 10)
      tunnel.addressing = .numbered(local: SampleSite.interfaceAddress(local), peer: SampleSite.address(peer))
      return EIGRPWatch.patience(for: [tunnel])["vti1"]
    }
    #expect(patience == [EIGRPWatch.patience, EIGRPWatch.patienceWithPeer])
    var second = EIGRPWatch()
    second.patience = ["vti1": EIGRPWatch.patienceWithPeer]
    #expect(second.overdue(lonely, now: start) == nil)
    #expect(second.overdue(lonely, now: after(14999)) == nil)
    #expect(second.overdue(lonely, now: after(15000)) != nil)
  }

  @Test("A peer that is heard must be a neighbour, and a next hop must be a neighbour's address")
  func faults() throws {
    let address = try #require(IPAddress("172.31.0.2"))
    let neighbour = RoutingNeighbour(interface: "vti1", address: address, state: "up", isAdjacent: true)
    let stale = try #require(IPAddress("48.0.0.0"))
    func faults(_ neighbours: [RoutingNeighbour], _ peers: [String: Int], _ hops: Set<IPAddress>) -> Set<
      EIGRPWatch.Fault
    > { EIGRPWatch.faults(neighbours: neighbours, peers: peers, nextHops: hops) }
    #expect(faults([neighbour], ["vti1": 1, "lan0": 0], [address]).isEmpty)
    #expect(faults([neighbour], ["vti1": 1, "vti2": 1], []) == [.noNeighbour(interface: "vti2")])
    #expect(faults([neighbour], ["vti1": 1], [address, stale]) == [.staleNextHop])
    #expect(faults([], [:], [address]) == [.staleNextHop])
  }
}
