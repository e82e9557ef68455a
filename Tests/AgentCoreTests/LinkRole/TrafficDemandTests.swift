import Testing
import Topology

@testable import AgentCore

@Suite("Demand for shortcuts")
struct TrafficDemandTests {
  private func site() -> SiteConfiguration {
    var site = SampleSite.configuration()
    site.shortcutPeers = [
      ShortcutPeer(site: "oslo", networks: [SampleSite.prefix("10.2.0.0/24"), SampleSite.prefix("10.9.9.9/32")]),
      ShortcutPeer(site: "rome", networks: [SampleSite.prefix("10.3.0.0/24")]),
    ]
    return site
  }

  @Test("is not counted where there can be no shortcut")
  func nothing() { #expect(TrafficDemand(SampleSite.configuration()) == nil) }

  @Test("is counted for what the site's hosts send to the peers' networks")
  func ruleset() throws {
    let ruleset = try #require(TrafficDemand(site())).ruleset
    #expect(ruleset.contains("set peers4 { type ipv4_addr; flags interval; counter;"))
    #expect(ruleset.contains("elements = { 10.2.0.0/24, 10.9.9.9/32, 10.3.0.0/24 }"))
    #expect(ruleset.contains("daddr @peers4"))
    #expect(!ruleset.contains("daddr @peers6"), "the site has no IPv6")
  }

  @Test("is read from the kernel's counters, networks and single addresses, by site")
  func counters() throws {
    let answer = """
      {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "fabric-demand"}},
      {"set": {"family": "inet", "name": "peers4", "table": "fabric-demand", "type": "ipv4_addr", "elem": [
      {"elem": {"val": {"prefix": {"addr": "10.2.0.0", "len": 24}}, "counter": {"packets": 2, "bytes": 168}}},
      {"elem": {"val": "10.9.9.9", "counter": {"packets": 3, "bytes": 252}}}]}}, {"set": {"name": "peers6"}}]}
      """
    let demand = try #require(TrafficDemand(site()))
    #expect(demand.packets(in: answer) == ["oslo": 5, "rome": 0])
    #expect(demand.packets(in: "Error: No such file or directory") == nil)
  }
}
