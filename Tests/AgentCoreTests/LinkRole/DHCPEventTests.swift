import Testing
import WireFormat

@testable import AgentCore

@Suite("A DHCP event")
struct DHCPEventTests {
  @Test("carries the lease that udhcpc puts into the environment, the first router of several")
  func lease() {
    let environment = ["interface": "wan0", "ip": "100.64.3.7", "mask": "22", "router": "100.64.0.1 100.64.0.2"]
    let lease = DHCPEvent(event: "bound", environment: environment).lease
    #expect(lease?.address == InterfaceAddress("100.64.3.7/22"))
    #expect(lease?.gateway == IPAddress("100.64.0.1"))
  }

  @Test("carries no lease where the environment makes no sense", arguments: ["", "300.1.1.1", "wan0"])
  func noLease(address: String) {
    #expect(DHCPEvent(event: "bound", environment: ["ip": address]).lease == nil)
    #expect(DHCPEvent(event: "bound", environment: ["ip": "10.0.0.1", "mask": "99"]).lease == nil)
  }

  @Test("is only what was started under the script's name")
  func commandLine() {
    #expect(DHCPEvent(commandLine: ["/usr/bin/fabric-agent", "run"]) == nil)
    #expect(DHCPEvent(commandLine: ["/var/lib/fabric/fabric-dhcp-event"]) == nil)
    #expect(DHCPEvent(commandLine: ["/var/lib/fabric/fabric-dhcp-event", "bound"])?.event == "bound")
  }
}
