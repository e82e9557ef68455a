import Foundation
import Routing
import Testing
import Topology

@Suite struct RenderingTests {
  @Test("Static routes lead into every tunnel, the cheapest first")
  func staticRoutes() throws {
    let site = try #require(try Sites.compile("full-mesh")["amsterdam"])
    let frr = FRRConfiguration(site)
    #expect(frr.daemons == [.zebra, .staticd])
    for line in [
      "ip route 10.12.0.0/24 vti1", "ip route 10.255.1.2/32 vti1", "ip route 10.13.0.0/24 vti2",
      "ip route 10.14.0.0/24 vti3",
    ] { #expect(frr.text.contains(line + "\n")) }
    #expect(!frr.text.contains("router "))
  }

  @Test("The dearer of two tunnels to one site gets the worse distance")
  func distances() throws {
    let sites = try Sites.compile(
      "dual-isp",
      replacing: [("{ protocol: ospf, area: 0, bfd: { interval: 50ms, multiplier: 3 } }", "{ protocol: static }")])
    let site = try #require(sites["hq"])
    let routes = FRRConfiguration(site).text.split(separator: "\n").filter { $0.contains("route 10.21.0.0/24") }
    #expect(
      routes == [
        "ip route 10.21.0.0/24 vti1", "ip route 10.21.0.0/24 vti2 2", "ip route 10.21.0.0/24 vti3 3",
        "ip route 10.21.0.0/24 vti4 4",
      ])
  }

  @Test("IPv6 has static routes and a filter of its own")
  func ipv6() throws {
    let site = try #require(try Sites.compile("ipv6")["north"])
    let text = FRRConfiguration(site).text
    #expect(text.contains("ipv6 route 2001:db8:32::/64 vti1\n"))
    #expect(text.contains("ip route 10.32.0.0/24 vti1\n"))
    #expect(
      text.contains(
        "route-map OVERLAY6 permit 10\n match interface vti1\n match ipv6 address prefix-list OVERLAY6\n set src 2001:db8:ff::1\n"
      )
    )
    #expect(text.contains("ipv6 protocol static route-map OVERLAY6\n"))
  }

  @Test("OSPF speaks on the tunnels only, with their costs, and watches them with BFD")
  func ospf() throws {
    let site = try #require(try Sites.compile("dual-isp")["hq"])
    let frr = FRRConfiguration(site)
    #expect(frr.daemons == [.zebra, .ospfd, .bfdd])
    let costs = frr.text.split(separator: "\n").filter { $0.contains("ip ospf cost") }
    #expect(costs == [" ip ospf cost 20", " ip ospf cost 30", " ip ospf cost 40", " ip ospf cost 50"])
    #expect(frr.text.contains("interface lan0\n ip ospf area 0\n ip ospf passive\n"))
    #expect(frr.text.contains("interface lo\n ip ospf area 0\n ip ospf passive\n"))
    #expect(frr.text.contains("  transmit-interval 50\n  receive-interval 50\n exit\n"))
    #expect(!frr.text.contains("interface wan"))
    #expect(frr.text.contains(" ospf router-id 10.255.2.1\n"))
  }

  @Test("A tunnel to the backbone is in the area of the end that is not, and the core joins the areas")
  func areas() throws {
    let sites = try Sites.compile("two-regions")
    let core = FRRConfiguration(try #require(sites["core"])).text
    let areas = core.split(separator: "\n").filter { $0.contains("ip ospf area") }
    #expect(areas == [" ip ospf area 2", " ip ospf area 1", " ip ospf area 0", " ip ospf area 0"])
    #expect(core.contains("interface lan0\n ip ospf area 0\n"))
    let berlin = FRRConfiguration(try #require(sites["berlin"])).text
    #expect(berlin.contains("ip ospf area 1\n") && !berlin.contains("ip ospf area 0\n"))
  }

  @Test("Summaries are made at the border of their area, and every router of a stub area knows that it is one")
  func areaSettings() throws {
    let sites = try Sites.compile("two-regions")
    let core = FRRConfiguration(try #require(sites["core"])).text
    #expect(
      core.contains(
        " area 1 range 10.61.0.0/16\n area 1 stub\n area 2 range 10.62.0.0/16\n area 2 stub\nexit\n"))
    let boston = FRRConfiguration(try #require(sites["boston"])).text
    #expect(boston.contains(" area 2 stub\n") && !boston.contains(" range ") && !boston.contains("area 1"))
    #expect(boston.contains(" permit 10.61.0.0/16\n") && !boston.contains(" permit 10.61.1.0/24\n"))
  }

  @Test("OSPF is authenticated with as much of the pair's key as it has room for")
  func authentication() throws {
    let berlin = FRRConfiguration(try #require(try Sites.compile("two-regions")["berlin"])).text
    #expect(
      berlin.contains(" ip ospf authentication message-digest\n ip ospf message-digest-key 1 md5 AQIDBAUGBwgJCgsM\n"))
    #expect(try !FRRConfiguration(#require(Sites.compile("dual-hub")["hq"])).text.contains("message-digest"))
  }

  @Test("Without BFD, bfdd does not run and OSPF does not ask for it")
  func withoutBFD() throws {
    let site = try #require(try Sites.compile("hub-and-spoke")["oslo"])
    let frr = FRRConfiguration(site)
    #expect(frr.daemons == [.zebra, .ospfd])
    #expect(!frr.text.contains("bfd"))
  }

  @Test("EIGRP runs on the tunnels' networks and announces the LANs")
  func eigrp() throws {
    let site = try #require(try Sites.compile("two-site")["right"])
    let frr = FRRConfiguration(site, interfaces: ["vti1": 7])
    #expect(frr.daemons == [.zebra, .eigrpd])
    let router = """
      router eigrp 777
       eigrp router-id 10.3.3.1
       network 172.31.0.0/30
       network 10.3.3.0/24
       passive-interface lan0
      exit
      !
      interface vti1
       ip hello-interval eigrp 2
       ip hold-time eigrp 8
      exit

      """
    #expect(frr.text.contains(router))
    #expect(frr.eigrp == "! vti1 is interface 7\n!\n" + router)
  }

  @Test("EIGRP waits for its tunnel interfaces, and knows when one was replaced")
  func eigrpWaits() throws {
    let site = try #require(try Sites.compile("two-site")["right"])
    let waiting = FRRConfiguration(site)
    #expect(waiting.daemons == [.zebra])
    #expect(waiting.eigrp == nil)
    #expect(!waiting.text.contains("eigrp 777"))
    let first = FRRConfiguration(site, interfaces: ["vti1": 7])
    let second = FRRConfiguration(site, interfaces: ["vti1": 9])
    #expect(first.text == second.text)
    #expect(first.eigrp != second.eigrp)
  }

  @Test("The delay tells EIGRP's tunnels apart where they differ")
  func delays() throws {
    let sites = try Sites.compile(
      "dual-isp",
      replacing: [
        (
          "{ protocol: ospf, area: 0, bfd: { interval: 50ms, multiplier: 3 } }",
          "{ protocol: eigrp, autonomousSystem: 1 }"
        ),
        ("addressing: unnumbered", "pool: 172.31.0.0/24"),
      ])
    let interfaces: [String: Int32] = ["vti1": 1, "vti2": 2, "vti3": 3, "vti4": 4]
    let text = FRRConfiguration(try #require(sites["hq"]), interfaces: interfaces).text
    let delays = text.split(separator: "\n").filter { $0.contains("delay") }
    #expect(delays == [" delay 20", " delay 30", " delay 40", " delay 50"])
  }

  @Test(
    "Only networks of the overlay pass into the kernel, by tunnels whose peers may announce them",
    arguments: Sites.names)
  func filter(name: String) throws {
    for site in try Sites.compile(name).values {
      let text = FRRConfiguration(site).text
      for tunnel in site.tunnels {
        let permitted = text.permitted(by: tunnel)
        let mayAnnounce = tunnel.peerIsTransit ? site.routing.protected : tunnel.peerPrefixes
        #expect(permitted == Set(mayAnnounce.map(\.description)), "\(site.site), \(tunnel.name)")
      }
      #expect(!text.contains("0.0.0.0/0"))
    }
  }

  @Test("A hub believes a spoke about the spoke's own networks only")
  func spokesFilter() throws {
    let site = try #require(try Sites.compile("dual-hub")["hq"])
    let text = FRRConfiguration(site).text
    #expect(text.contains("ip prefix-list SITE-berlin seq 5 permit 10.32.0.0/24\n"))
    #expect(!text.contains("ip prefix-list SITE-berlin seq 5 permit 10.33.0.0/24\n"))
    #expect(text.contains(" match interface vti4\n match ip address prefix-list SITE-berlin\n set src 10.255.3.1\n"))
  }

  @Test("A third party's gateway gets static routes, which OSPF tells the others of")
  func thirdParty() throws {
    let sites = try Sites.compile(
      "hub-and-spoke",
      replacing: [
        ("  paris:\n    role: spoke\n    loopback: 10.255.0.13\n", "  paris:\n    role: spoke\n    managed: false\n")
      ])
    let frr = FRRConfiguration(try #require(sites["hq"]))
    #expect(frr.daemons == [.zebra, .ospfd, .staticd])
    #expect(frr.text.contains("ip route 10.3.0.0/24 vti3\n"))
    #expect(frr.text.contains(" redistribute static\n"))
    #expect(!frr.text.contains("\ninterface vti3\n"))
  }

  @Test("FRR understands every line", .enabled(if: FRR.isThere, "vtysh is not installed"), arguments: Sites.names)
  func understood(name: String) throws {
    for (site, configuration) in try Sites.compile(name) {
      let interfaces = Dictionary(uniqueKeysWithValues: zip(configuration.tunnels.map(\.interface), Int32(1)...))
      let complaint = try FRR.complaint(about: FRRConfiguration(configuration, interfaces: interfaces).text)
      #expect(complaint == nil, "\(name), \(site)")
    }
  }

  @Test("FRR's check can fail", .enabled(if: FRR.isThere, "vtysh is not installed"))
  func checkCanFail() throws {
    #expect(try FRR.complaint(about: "router ospf\n no such thing\nexit\n") != nil)
  }
}

extension String {
  /// The networks that the filter of this configuration lets in by a tunnel.
  fileprivate func permitted(by tunnel: Tunnel) -> Set<String> {
    let lines = split(separator: "\n").map(String.init)
    let lists = lines.indices.dropLast().filter { lines[$0] == " match interface \(tunnel.interface)" }
      .compactMap { lines[$0 + 1].split(separator: " ").last }
    let networks = lines.filter { line in
      lists.contains { line.contains("prefix-list \($0) seq ") && line.contains(" permit ") }
    }
    return Set(networks.compactMap { $0.split(separator: " ").last.map(String.init) })
  }
}

/// FRR's own syntax check.
private enum FRR {
  private static let program = URL(filePath: "/usr/bin/vtysh")

  /// Whether the check can run; where everything must run, it always does, and fails without FRR.
  static let isThere =
    FileManager.default.isExecutableFile(atPath: program.path) || ProcessInfo.processInfo.environment["CI"] != nil

  /// What `vtysh` says against a configuration; nil if nothing.
  static func complaint(about text: String) throws -> String? {
    let file = FileManager.default.temporaryDirectory.appending(path: "frr-\(UUID().uuidString).conf")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = program
    process.arguments = ["-C", "-f", file.path]
    let output = Pipe()
    process.standardError = output
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let words = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : String(decoding: words, as: UTF8.self)
  }
}
