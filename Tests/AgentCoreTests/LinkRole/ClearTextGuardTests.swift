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

  @Test("takes the table away where there is nothing to guard")
  func nothing() {
    var site = SampleSite.configuration()
    site.routing.protected = []
    #expect(!ClearTextGuard(site).ruleset.contains("chain"))
    #expect(ClearTextGuard(site).ruleset.contains("delete table inet fabric"))
  }
}
