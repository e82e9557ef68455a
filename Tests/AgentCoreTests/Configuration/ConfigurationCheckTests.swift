import Testing
import Topology

@testable import AgentCore

@Suite("The check of a configuration")
struct ConfigurationCheckTests {
  private let check = ConfigurationCheck(site: "berlin", currentRevision: 5)

  @Test("accepts a sound one of the same or a newer revision", arguments: [5, 6, 100])
  func sound(revision: Int) {
    #expect(check.problems(of: SampleSite.configuration(revision: revision)).isEmpty)
  }

  @Test("refuses an older revision")
  func older() {
    #expect(
      check.problems(of: SampleSite.configuration(revision: 4)) == ["revision 4 is older than revision 5, which runs"])
  }

  @Test("refuses one that contradicts itself, and says how")
  func contradictions() {
    expect("site munich") { $0.site = "munich" }
    expect("interface wan0 is used twice") { $0.tunnels[0].interface = "wan0" }
    expect("tunnel berlin.dsl--hq.isp comes twice") { $0.tunnels[1].name = $0.tunnels[0].name }
    expect("there is no uplink cable") { $0.tunnels[0].uplink = "cable" }
    expect("no pre-shared key") { $0.tunnels[0].authentication = .presharedKey(PresharedKey(bytes: [])) }
    expect("the peer has no address") { $0.tunnels[0].remoteAddress = nil }
    expect("does not know the algorithm rot13") { $0.tunnels[0].ike.encryption = ["rot13"] }
    expect("phase 2 has no complete proposal") { $0.tunnels[0].ipsec.encryption = ["aes256"] }
  }

  @Test(
    "refuses names that no interface can have",
    arguments: ["", "../etc", "a/b", "sixteen-letters-", "-f", "wan 0", "wan0\"; drop", "w\n"])
  func interfaceNames(name: String) { expect("cannot be an interface's name") { $0.lans[0].interface = name } }

  private func expect(
    _ text: String, location: SourceLocation = #_sourceLocation, _ change: (inout SiteConfiguration) -> Void
  ) {
    var configuration = SampleSite.configuration(revision: 6)
    change(&configuration)
    let problems = check.problems(of: configuration)
    #expect(problems.contains { $0.contains(text) }, "\(problems)", sourceLocation: location)
  }
}
