import Testing

@testable import Routing

@Suite("The configuration that FRR runs") struct RunningConfigurationTests {
  private let running = RunningConfiguration(
    """
    Building configuration...

    Current configuration:
    !
    frr version 8.4.4
    hostname gateway
    !
    interface vti1
     ip ospf area 0
     ip ospf cost 20
    exit
    !
    router bgp 65000
     neighbor vti1 interface remote-as internal
     !
     address-family ipv4 unicast
      network 10.1.0.0/24
     exit-address-family
    exit
    !
    end
    """)

  @Test("is the wanted one where it has every line, in whatever order and with whatever more")
  func same() {
    let wanted = """
      router bgp 65000
       neighbor vti1 interface remote-as internal
       address-family ipv4 unicast
        network 10.1.0.0/24
       exit-address-family
      exit
      !
      interface vti1
       ip ospf area 0
      exit

      """
    #expect(running.faults(wanted: wanted).isEmpty)
  }

  @Test("lacks a line that FRR has taken and dropped, and names the block that it was in")
  func dropped() {
    let wanted = "interface vti1\n ip ospf cost 20\n ip summary-address eigrp 1 10.0.0.0/8\nexit\n"
    #expect(
      running.faults(wanted: wanted) == [
        "FRR took `ip summary-address eigrp 1 10.0.0.0/8` under `interface vti1` and does not run it"
      ])
  }

  @Test("has a line only where it stands in the same block")
  func blocks() {
    let wanted = "interface vti2\n ip ospf area 0\nexit\nrouter bgp 65000\n network 10.1.0.0/24\nexit\n"
    #expect(running.faults(wanted: wanted).count == 3)
  }

  @Test("never shows a key")
  func keys() {
    let wanted = "interface vti1\n ip ospf message-digest-key 1 md5 secret\nexit\n"
    #expect(
      running.faults(wanted: wanted) == [
        "FRR took `ip ospf message-digest-key 1 md5 …` under `interface vti1` and does not run it"
      ])
    #expect(
      RunningConfiguration.withoutKey("line 7: neighbor 10.0.0.1 password secret")
        == "line 7: neighbor 10.0.0.1 password …")
  }
}
