import Testing
import Topology

@testable import AgentCore

@Suite("The clear text guard")
struct ClearTextGuardTests {
  @Test("drops the overlay's networks on every ISP line, both ways")
  func rules() {
    let ruleset = ClearTextGuard(SampleSite.configuration()).ruleset
    #expect(ruleset.contains("elements = { 10.0.0.0/24, 10.255.0.1/32 }"))
    #expect(ruleset.contains(#"oifname { "wan0", "wan1" } ip daddr @overlay4 counter drop"#))
    #expect(ruleset.contains(#"iifname { "wan0", "wan1" } ip saddr @overlay4 counter drop"#))
  }

  @Test("keeps strangers on the ISP lines away from the routing daemons, and the daemons from them")
  func routingDaemons() {
    let ruleset = ClearTextGuard(SampleSite.configuration()).ruleset
    for way in ["iifname", "oifname"] {
      for packets in ["meta l4proto { 88, 89 }", "tcp dport 179", "udp dport { 3784, 3785, 4784 }"] {
        #expect(ruleset.contains("\(way) { \"wan0\", \"wan1\" } \(packets) counter drop"))
      }
    }
  }

  @Test("drops all of a summary that the site's own networks are announced in")
  func summaries() {
    var site = SampleSite.configuration()
    site.routing.areas = [OSPFArea(area: "0", isStub: false, summaries: [SampleSite.prefix("10.1.0.0/16")])]
    #expect(ClearTextGuard(site).ruleset.contains("elements = { 10.0.0.0/24, 10.255.0.1/32, 10.1.0.0/16 }"))
  }

  @Test("takes the table away where there is nothing to guard")
  func nothing() {
    var site = SampleSite.configuration()
    site.routing.protected = []
    #expect(!ClearTextGuard(site).ruleset.contains("chain"))
    #expect(ClearTextGuard(site).ruleset.contains("delete table inet fabric"))
  }
}
