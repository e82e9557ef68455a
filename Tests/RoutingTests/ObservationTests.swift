import Routing
import Testing
import WireFormat

// The answers are FRR 8.4.4's own, cut down to a few entries.
@Suite struct ObservationTests {
  @Test("EIGRP's peers are counted by interface, past the titles")
  func eigrpPeers() {
    let answer = """

      EIGRP interfaces for AS(777)

      Interface        Bandwidth  Delay      Peers  Xmit Queue   Mean    Pacing Time    Multicast    Pending
                                                    Un/Reliable  SRTT    Un/Reliable    Flow Timer   Routes
      vti1             100000     20         1      0 / 1         0       0              0            0
      lan0             100000     10         0      0 / 0         0       0              0            0
      """
    #expect(FRRAnswer.eigrpPeers(answer) == ["vti1": 1, "lan0": 0])
    #expect(FRRAnswer.eigrpPeers("Exiting: failed to connect to any daemons.").isEmpty)
  }

  @Test("OSPF's neighbours have an interface without its address, and are adjacent once full")
  func ospf() throws {
    let json = """
      {"neighbors":{
        "10.255.2.11":[
          {"priority":1,"state":"Full\\/-","nbrState":"Full\\/-","converged":"Full","address":"10.255.2.11",
           "ifaceAddress":"10.255.2.11","ifaceName":"vti1:10.255.2.1","retransmitCounter":0},
          {"priority":1,"state":"Init\\/-","nbrState":"Init\\/-","address":"10.255.2.11",
           "ifaceAddress":"10.255.2.11","ifaceName":"vti2:10.255.2.1"}]}}
      """
    let neighbours = try FRRAnswer.ospfNeighbours(json)
    #expect(neighbours.map(\.interface) == ["vti1", "vti2"])
    #expect(neighbours.map(\.isAdjacent) == [true, false])
    #expect(neighbours.map(\.state) == ["Full/-", "Init/-"])
    let observation = RoutingObservation(neighbours: neighbours)
    #expect(observation.hasNeighbour(on: "vti1"))
    #expect(!observation.hasNeighbour(on: "vti2"))
  }

  @Test("BGP's neighbours are interfaces or addresses, and adjacent once established")
  func bgp() throws {
    let json = """
      {"ipv4Unicast":{"routerId":"10.255.0.1","as":65000,"peers":{
         "vti1":{"hostname":"a","remoteAs":65000,"pfxRcd":2,"state":"Established","peerState":"OK","idType":"ipv6"},
         "172.31.0.2":{"remoteAs":65000,"state":"Idle (PfxCt)","peerState":"Policy","idType":"ipv4"}},
       "failedPeers":1},
       "ipv6Unicast":{"peers":{"vti1":{"state":"Established"}}}}
      """
    let tunnel = try #require(IPAddress("172.31.0.2"))
    let neighbours = try FRRAnswer.bgpNeighbours(json, interfaces: [tunnel: "vti2"])
    #expect(neighbours.map(\.interface) == ["vti2", "vti1"])
    #expect(neighbours.map(\.address) == [tunnel, nil])
    #expect(neighbours.map(\.isAdjacent) == [false, true])
    #expect(neighbours.first?.state == "Idle (PfxCt)")
    #expect(try FRRAnswer.bgpNeighbours("{}", interfaces: [:]).isEmpty)
  }

  @Test("EIGRP's next hops are those of its topology table, stale ones too")
  func eigrpNextHops() {
    let answer = """

      EIGRP Topology Table for AS(777)/ID(10.91.0.1)

      P  10.91.0.0/24, 1 successors, FD is 28160, serno: 0 
             via Connected, lan0
      P  10.92.0.0/24, 1 successors, FD is 30720, serno: 0 
             via 48.0.0.0 (30720/28160), vti1
             via 172.31.9.2 (33280/28160), vti1
      """
    #expect(FRRAnswer.eigrpNextHops(answer) == Set(["48.0.0.0", "172.31.9.2"].compactMap { IPAddress($0) }))
    #expect(FRRAnswer.eigrpNextHops("% EIGRP Routing Process not enabled").isEmpty)
  }

  @Test("EIGRP's table is read row by row, whatever stands around it")
  func eigrp() {
    let text = """

      EIGRP neighbors for AS(777)

      H   Address           Interface            Hold   Uptime   SRTT   RTO   Q     Seq  
                                                 (sec)           (ms)        Cnt    Num   
      0   172.31.0.2        vti1                 12     0        0      2    0      2
      1   172.31.0.6        vti2                 11     0        0      2    0      9
      """
    let neighbours = FRRAnswer.eigrpNeighbours(text)
    #expect(neighbours.map(\.interface) == ["vti1", "vti2"])
    #expect(neighbours.first?.address == IPAddress("172.31.0.2"))
    #expect(FRRAnswer.eigrpNeighbours("% EIGRP Routing Process not enabled").isEmpty)
  }

  @Test("BFD's sessions are up or down, and say why")
  func bfd() throws {
    let json = """
      [{"multihop":false,"peer":"10.255.2.11","vrf":"default","interface":"vti2","id":1,"status":"up","diagnostic":"ok"},
       {"multihop":false,"peer":"10.255.2.12","interface":"vti1","status":"down",
        "diagnostic":"control detection time expired"}]
      """
    let peers = try FRRAnswer.bfdPeers(json)
    #expect(peers.map(\.isUp) == [true, false])
    #expect(peers.map(\.interface) == ["vti2", "vti1"])
    #expect(peers.last?.diagnostic == "control detection time expired")
  }

  @Test("A route into a tunnel is told from the blackhole under it")
  func routes() throws {
    let json = """
      {"10.21.0.0/24":[
        {"prefix":"10.21.0.0/24","prefixLen":24,"protocol":"ospf","selected":true,"destSelected":true,"distance":110,
         "metric":30,"installed":true,"table":254,
         "nexthops":[{"flags":11,"fib":true,"ip":"10.255.2.11","afi":"ipv4","interfaceIndex":4,"interfaceName":"vti1",
           "active":true,"onLink":true,"weight":1}]},
        {"prefix":"10.21.0.0/24","protocol":"kernel","distance":255,"metric":0,"installed":true,
         "nexthops":[{"flags":3,"fib":true,"unreachable":true,"blackhole":true,"active":true}]}],
       "2001:db8::/32":[]}
      """
    let routes = try FRRAnswer.routes(json)
    #expect(routes.map(\.source) == ["ospf", "kernel"])
    #expect(routes.map(\.interfaces) == [["vti1"], []])
    #expect(routes.map(\.isInstalled) == [true, false])
    #expect(routes.map(\.distance) == [110, 255])
  }

  @Test("Silence is an empty answer; nonsense is an error")
  func nonsense() throws {
    #expect(try FRRAnswer.ospfNeighbours(" \n").isEmpty)
    #expect(try FRRAnswer.ospfNeighbours("{}").isEmpty)
    #expect(throws: UnreadableAnswer.self) { try FRRAnswer.ospfNeighbours("ospfd is not running") }
    #expect(throws: UnreadableAnswer.self) { try FRRAnswer.bfdPeers("{\"peer\":3}") }
    #expect(throws: UnreadableAnswer.self) { try FRRAnswer.routes("[1, 2") }
  }
}
