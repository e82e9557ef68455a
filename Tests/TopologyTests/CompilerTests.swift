import Testing
import Topology
import WireFormat

@Suite struct CompilerTests {
  private func compile(
    _ text: String, revision: Int = 1, _ allocations: inout Allocations
  ) throws -> [String: SiteConfiguration] {
    Compiler.compile(
      try TopologyDocument.parse(text, file: "f"), revision: revision, allocations: &allocations
    ) {
      PresharedKey(bytes: Array("\($0.first)+\($0.second)".utf8))
    } postQuantumKey: {
      PresharedKey(bytes: Array("\($0.first)*\($0.second)".utf8))
    } ospfKey: {
      PresharedKey(bytes: Array("\($0.first)/\($0.second)".utf8))
    }
  }

  private func compile(example: String) throws -> [String: SiteConfiguration] {
    var allocations = Allocations()
    let text = try #require(Examples.all["\(example).yaml"])
    return try compile(text, &allocations)
  }

  @Test("Two sites have the two ends of one tunnel")
  func twoSites() throws {
    let sites = try compile(example: "two-site")
    let left = try #require(sites["left"]?.tunnels.first)
    let right = try #require(sites["right"]?.tunnels.first)
    #expect(left.name == "left.isp--right.isp")
    #expect(right.name == left.name)
    #expect(left.interface == "vti1")
    let (one, two) = (try #require(InterfaceAddress("172.31.0.1/30")), try #require(InterfaceAddress("172.31.0.2/30")))
    #expect(left.addressing == .numbered(local: one, peer: two.address))
    #expect(right.addressing == .numbered(local: two, peer: one.address))
    #expect(left.remoteAddress == IPAddress("35.0.0.3"))
    #expect(right.remoteAddress == IPAddress("15.0.0.1"))
    #expect([left.initiates, right.initiates] == [true, false])
    #expect(left.localIdentity == "isp.left.two-site")
    #expect(right.localIdentity == left.remoteIdentity)
    #expect(left.authentication == right.authentication)
    #expect(left.peerPrefixes.map(\.description) == ["10.3.3.0/24"])
    #expect(left.ike.dhGroups == ["modp2048"])
    #expect(left.ike.lifetimeSeconds == 86_400)
    #expect(sites["left"]?.routing.routingProtocol == .eigrp(autonomousSystem: 777))
    #expect(sites["left"]?.routing.routerID == IPAddress("10.1.1.1"))
  }

  @Test("A profile with a PPK gives each pair one of its own, at both ends; a link may bring its own")
  func postQuantumKeys() throws {
    var allocations = Allocations()
    let without = try compile(BaseTopology.text, &allocations)
    #expect(without.values.flatMap(\.tunnels).allSatisfy { $0.postQuantumKey == nil })
    let key = String(repeating: "7", count: 64)
    let text = try #require(
      BaseTopology.replacing([
        ("prf: [sha384]", "prf: [sha384]\n      ppk: require"),
        ("  tunnels:", "  links: [{ between: [hq, oslo], ppk: { identity: old-friends, key: 0x\(key) } }]\n  tunnels:"),
      ]))
    let sites = try compile(text, &allocations)
    let made = PostQuantumKey(identity: "berlin--hq", key: PresharedKey(bytes: Array("berlin*hq".utf8)))
    let given = PostQuantumKey(
      identity: "old-friends", key: PresharedKey(bytes: [UInt8](repeating: 0x77, count: 32)))
    #expect(sites["berlin"]?.tunnels.map(\.postQuantumKey) == [made])
    #expect(sites["oslo"]?.tunnels.map(\.postQuantumKey) == [given])
    #expect(sites["hq"]?.tunnels.map(\.postQuantumKey) == [made, given])
    #expect(sites["hq"]?.tunnels.map(\.ike.postQuantumKey) == [.require, .require])
  }

  @Test("A spoke calls its hub, and one behind NAT is never called")
  func initiators() throws {
    let sites = try compile(example: "hub-and-spoke")
    for spoke in ["berlin", "oslo", "paris"] {
      #expect(sites[spoke]?.tunnels.map(\.initiates) == [true])
      #expect(sites[spoke]?.tunnels.first?.remoteAddress == IPAddress("203.0.113.1"))
    }
    let hub = try #require(sites["hq"])
    #expect(hub.tunnels.map(\.peerSite) == ["berlin", "oslo", "paris"])
    #expect(hub.tunnels.allSatisfy { !$0.initiates })
    #expect(hub.tunnels.map { $0.remoteAddress == nil } == [false, true, false])
  }

  @Test("Behind the hub are all other spokes, behind a spoke only itself")
  func prefixes() throws {
    let sites = try compile(example: "hub-and-spoke")
    let berlin = try #require(sites["berlin"])
    let beyond = ["10.0.0.0/24", "10.2.0.0/24", "10.3.0.0/24", "10.255.0.1/32", "10.255.0.12/32", "10.255.0.13/32"]
    #expect(berlin.tunnels.first?.peerPrefixes.map(\.description) == beyond)
    #expect(berlin.routing.protected.map(\.description) == beyond)
    #expect(berlin.routing.announced.map(\.description) == ["10.1.0.0/24", "10.255.0.11/32"])
    #expect(sites["hq"]?.tunnels.first?.peerPrefixes.map(\.description) == ["10.1.0.0/24", "10.255.0.11/32"])
  }

  @Test("Where there are hubs, only they carry the traffic of others; without any, every site does")
  func transit() throws {
    let hubs = try compile(example: "dual-hub")
    #expect(hubs["berlin"]?.routing.isTransit == false)
    #expect(hubs["backup"]?.routing.isTransit == true)
    #expect(hubs["berlin"]?.tunnels.map(\.peerIsTransit) == [true, true])
    #expect(
      hubs["hq"]?.tunnels.map { "\($0.peerSite) \($0.peerIsTransit)" } == [
        "backup true", "berlin false", "paris false",
      ])
    let mesh = try compile(example: "full-mesh")
    #expect(mesh.values.allSatisfy { $0.routing.isTransit && $0.tunnels.allSatisfy(\.peerIsTransit) })
  }

  @Test("OSPF's key is the pair's own, at both ends; without authentication there is none")
  func ospfKeys() throws {
    let sites = try compile(example: "two-regions")
    let key = PresharedKey(bytes: Array("berlin/europe".utf8))
    #expect(sites["berlin"]?.tunnels.map(\.ospfKey) == [key])
    #expect(sites["europe"]?.tunnels.filter { $0.ospfKey == key }.map(\.peerSite) == ["berlin"])
    #expect(try compile(example: "dual-hub").values.flatMap(\.tunnels).allSatisfy { $0.ospfKey == nil })
  }

  @Test(
    "Other areas hear of a summary, its own area and the border of the networks in it; packets for the rest are dropped"
  )
  func summaries() throws {
    let sites = try compile(example: "two-regions")
    func lans(_ site: String) -> [String] {
      (sites[site]?.routing.protected ?? []).filter { $0.length < 32 }.map(\.description)
    }
    #expect(lans("boston") == ["10.60.0.0/24", "10.61.0.0/16", "10.62.0.0/24"])
    #expect(lans("berlin") == ["10.60.0.0/24", "10.61.0.0/24", "10.62.0.0/16"])
    #expect(lans("core") == ["10.61.0.0/24", "10.61.1.0/24", "10.62.0.0/24", "10.62.1.0/24"])
    let boston = try #require(sites["boston"])
    #expect(boston.tunnels.first?.peerPrefixes == boston.routing.protected)
    #expect(boston.routing.areas.map(\.area) == ["2"])
    #expect(boston.blackholes.map(\.description).contains("10.62.0.0/16"))
    #expect(sites["core"]?.routing.areas.map(\.area) == ["1", "2"])
    let dropped = try #require(sites["core"]?.blackholes.map(\.description))
    #expect(dropped.contains("10.61.0.0/16") && dropped.contains("10.62.1.0/24"))
  }

  @Test("A direct link of two spokes leads to each other only, not to what lies behind them")
  func partialMesh() throws {
    var allocations = Allocations()
    let links =
      "  shape: custom\n  links: [{ between: [hq, berlin] }, { between: [hq, oslo] }, { between: [berlin, oslo] }]"
    let sites = try compile(try #require(BaseTopology.replacing([("  shape: hub-and-spoke", links)])), &allocations)
    let direct = try #require(sites["berlin"]?.tunnels.first { $0.peerSite == "oslo" })
    #expect(direct.peerPrefixes.map(\.description) == ["10.2.0.0/24", "10.255.0.12/32"])
    #expect(!direct.peerIsTransit)
  }

  @Test("Two lines at each end make four tunnels, dearer with each step of priority")
  func dualISP() throws {
    let tunnels = try #require(try compile(example: "dual-isp")["berlin"]?.tunnels)
    #expect(
      tunnels.map(\.name) == [
        "berlin.fiber--hq.isp-a", "berlin.fiber--hq.isp-b", "berlin.lte--hq.isp-a", "berlin.lte--hq.isp-b",
      ])
    #expect(tunnels.map(\.cost) == [20, 30, 40, 50])
    #expect(tunnels.map(\.uplink) == ["fiber", "fiber", "lte", "lte"])
    #expect(Set(tunnels.map { "\($0.localIdentity) \($0.remoteIdentity)" }).count == 4)
  }

  @Test("Tunnels are tested for life where traffic has another one to go by, or the file says so")
  func liveness() throws {
    #expect(try compile(example: "dual-isp")["hq"]?.tunnels.allSatisfy { $0.liveness == .standard } == true)
    let alone = try #require(try compile(example: "two-site").values.first)
    #expect(alone.tunnels.allSatisfy { $0.liveness == nil })
    let settings: [(String, LivenessTimers?)] = [
      ("none", nil), ("{}", .standard),
      ("{ interval: 20ms, multiplier: 5 }", .init(intervalMilliseconds: 20, multiplier: 5)),
    ]
    for (text, timers) in settings {
      let piece = ("addressing: unnumbered", "addressing: unnumbered, liveness: \(text)")
      var allocations = Allocations()
      let sites = try compile(try #require(BaseTopology.replacing([piece])), &allocations)
      #expect(sites["berlin"]?.tunnels.map(\.liveness) == [timers])
    }
  }

  @Test("Classes and rates are those of the file")
  func trafficClasses() throws {
    let pieces = [
      (
        "shape: hub-and-spoke",
        "shape: hub-and-spoke\n  classes: { voice: { dscp: [ef, cs5], share: 30% }, bulk: { dscp: af11, share: 5% } }"
      ),
      ("priority: 1 }", "priority: 1, rate: 20Mbit }"),
    ]
    var allocations = Allocations()
    let sites = try compile(try #require(BaseTopology.replacing(pieces)), &allocations)
    let berlin = try #require(sites["berlin"])
    #expect(
      berlin.classes == [
        TrafficClass(name: "voice", codePoints: [40, 46], sharePercent: 30),
        TrafficClass(name: "bulk", codePoints: [10], sharePercent: 5),
      ])
    #expect(berlin.uplinks.map(\.rateKilobits) == [20_000])
  }

  @Test("A class may have a service level of its own")
  func classLevel() throws {
    let piece = (
      "shape: hub-and-spoke",
      "shape: hub-and-spoke\n  classes: { video: { dscp: af41, share: 5%, serviceLevel: { latency: 80ms, hold: 10s } } }"
    )
    var allocations = Allocations()
    let sites = try compile(try #require(BaseTopology.replacing([piece])), &allocations)
    let limits = ServiceLevelLimits(
      lossPercent: nil, latencyMilliseconds: 80, jitterMilliseconds: nil, holdSeconds: 10)
    #expect(sites["oslo"]?.classes.map(\.serviceLevel) == [limits])
    #expect(sites["oslo"]?.tunnels.map(\.serviceLevel) == [nil])
  }

  @Test("A class is sent twice where the file says so")
  func duplicatedClass() throws {
    let pieces = [
      (
        "shape: hub-and-spoke",
        "shape: hub-and-spoke\n  classes: { a: { dscp: ef, share: 5%, duplicated: true }, b: { dscp: cs1, share: 5% } }"
      ),
      (
        "priority: 1 }",
        "priority: 1 }\n      - { name: lte, interface: wan1, address: dhcp, behindNAT: true, priority: 2 }"
      ),
    ]
    var allocations = Allocations()
    let sites = try compile(try #require(BaseTopology.replacing(pieces)), &allocations)
    #expect(sites.values.allSatisfy { $0.classes.map(\.isDuplicated) == [true, false] })
  }

  @Test("A tunnel has the weights of both its uplinks")
  func weights() throws {
    let pieces = [
      (
        "gateway: 198.51.100.254 }",
        "gateway: 198.51.100.254, weight: 2 }\n"
          + "      - { name: isp-b, interface: wan1, address: 192.0.2.1/24, gateway: 192.0.2.254 }"
      ),
      (
        "priority: 1 }",
        "priority: 1, weight: 3 }\n      - { name: lte, interface: wan1, address: dhcp, behindNAT: true }"
      ),
    ]
    var allocations = Allocations()
    let sites = try compile(try #require(BaseTopology.replacing(pieces)), &allocations)
    let weights = sites["berlin"]?.tunnels.map { "\($0.name) \($0.weight)" }
    #expect(
      weights == [
        "berlin.dsl--hq.isp-a 6", "berlin.dsl--hq.isp-b 3", "berlin.lte--hq.isp-a 2", "berlin.lte--hq.isp-b 1",
      ])
    #expect(sites["hq"]?.tunnels.filter { $0.peerSite == "berlin" }.map(\.weight) == [6, 3, 2, 1])
  }

  @Test("A service level is that of every tunnel between gateways of ours")
  func serviceLevel() throws {
    let piece = ("addressing: unnumbered", "addressing: unnumbered, serviceLevel: { loss: 2.5%, latency: 150ms }")
    var allocations = Allocations()
    let sites = try compile(try #require(BaseTopology.replacing([piece])), &allocations)
    let limits = ServiceLevelLimits(
      lossPercent: 2.5, latencyMilliseconds: 150, jitterMilliseconds: nil, holdSeconds: 30)
    #expect(sites["hq"]?.tunnels.map(\.serviceLevel) == [limits, limits])
  }

  @Test(
    "The two ends of a tunnel fit each other, and exactly one of them calls; a third party's end is its own affair",
    arguments: Examples.all.keys.sorted())
  func ends(name: String) throws {
    var allocations = Allocations()
    let sites = try compile(try #require(Examples.all[name]), &allocations)
    let ends = Dictionary(grouping: sites.values.flatMap(\.tunnels), by: \.name)
    for (_, ends) in ends {
      guard ends.allSatisfy(\.peerIsManaged) else {
        #expect(ends.count == 1)
        continue
      }
      #expect(ends.count == 2)
      #expect(ends.count(where: \.initiates) == 1)
      #expect(Set(ends.map(\.interface)).count == 1)
      #expect(ends.first?.authentication == ends.last?.authentication)
      #expect(ends.first?.localIdentity == ends.last?.remoteIdentity)
    }
    #expect(Set(allocations.interfaceNumbers.values).count == ends.count)
  }

  @Test("A site holds the keys of its own tunnels and no other")
  func ownSecrets() throws {
    let sites = try compile(example: "full-mesh")
    for (name, site) in sites {
      for tunnel in site.tunnels {
        let key = try #require(tunnel.authentication.presharedKey)
        #expect(
          String(decoding: key.bytes, as: UTF8.self).split(separator: "+").contains(Substring(name)))
      }
    }
  }

  @Test("A third party's gateway is called, and gets no configuration")
  func thirdParty() throws {
    let text = try #require(
      BaseTopology.replacing([
        ("  oslo:\n    loopback: 10.255.0.12\n", "  oslo:\n    managed: false\n"),
        ("address: 203.0.113.2/24, gateway: 203.0.113.254", "address: 203.0.113.2"),
        ("interface: wan0, address: 203", "address: 203"),
      ]))
    var allocations = Allocations()
    let sites = try compile(text, &allocations)
    #expect(sites.keys.sorted() == ["berlin", "hq"])
    let tunnel = try #require(sites["hq"]?.tunnels.last)
    #expect(tunnel.peerSite == "oslo")
    #expect(!tunnel.peerIsManaged)
    #expect(tunnel.initiates)
    #expect(tunnel.remoteIdentity == "203.0.113.2")
    #expect(tunnel.localIdentity == "isp-a.hq.acme")
    #expect(tunnel.selectors == .any)
  }

  @Test(
    "A drained hub's tunnels stay and cost more than any other way; a third party that calls is sent to the other hub")
  func drained() throws {
    let backup = """
        backup:
          role: hub
          loopback: 10.255.0.2
          uplinks:
            - { name: isp, interface: wan0, address: 192.0.2.1/24, gateway: 192.0.2.254, priority: 100 }
        berlin:

      """
    let pieces = [
      ("  berlin:\n", backup),
      ("  oslo:\n    loopback: 10.255.0.12\n", "  oslo:\n    managed: false\n    identity: oslo.example\n"),
      ("gateway: 203.0.113.254", "gateway: 203.0.113.254, behindNAT: true"),
    ]
    func tunnels(_ site: String, drained: Bool) throws -> [String: Tunnel] {
      let text = try #require(
        BaseTopology.replacing(pieces + (drained ? [("role: hub", "role: hub\n    drained: true")] : [])))
      var allocations = Allocations()
      let tunnels = try compile(text, &allocations)[site]?.tunnels ?? []
      return Dictionary(uniqueKeysWithValues: tunnels.map { ($0.peerSite, $0) })
    }
    let before = try tunnels("hq", drained: false)
    let after = try tunnels("hq", drained: true)
    #expect(before.keys == after.keys && before.values.allSatisfy { $0.redirect == nil })
    let dearest = try tunnels("backup", drained: true).filter { $0.key != "hq" }.values.map(\.cost).max() ?? 0
    #expect(after.values.allSatisfy { $0.cost > 2 * dearest })
    #expect(try tunnels("berlin", drained: true)["hq"]?.cost == after["berlin"]?.cost)
    #expect(after["oslo"]?.redirect == IPAddress("192.0.2.1"))
    #expect(after["berlin"]?.redirect == nil && after["backup"]?.redirect == nil)
    #expect(try tunnels("backup", drained: true)["oslo"]?.redirect == nil)
  }

  @Test("A shortcut costs less than the way by a hub, and two in a row cost more")
  func shortcutCost() throws {
    let text = try #require(
      BaseTopology.replacing([("  shape: hub-and-spoke", "  shape: hub-and-spoke\n  shortcuts: { idle: 5m }")]))
    let document = try TopologyDocument.parse(text, file: "f")
    var allocations = Allocations()
    let sites = try compile(text, &allocations)
    #expect(sites["berlin"]?.shortcutPeers.map(\.site) == ["oslo"])
    #expect(sites["hq"]?.shortcutPeers == [])
    let key = PresharedKey(bytes: [2])
    let keys = ShortcutKeys(preshared: key, postQuantum: key, ospf: key)
    let shortcuts = Compiler.shortcuts(
      [SitePair("berlin", "oslo"): keys, SitePair("berlin", "hq"): keys], in: document, allocations: &allocations)
    #expect(shortcuts.keys.sorted() == ["berlin", "oslo"])
    let tunnel = try #require(shortcuts["berlin"]?.first)
    #expect(tunnel.peerPrefixes == sites["oslo"]?.routing.announced)
    let byHub = (sites["hq"]?.tunnels ?? []).map(\.cost).reduce(0, +)
    #expect(tunnel.cost < byHub)
    #expect(2 * tunnel.cost > byHub)
  }

  @Test("A policy-based third party is asked for traffic between the two sites' LANs and for no other")
  func selectors() throws {
    let text = try #require(
      BaseTopology.replacing([
        ("  oslo:\n    loopback: 10.255.0.12\n", "  oslo:\n    managed: false\n"),
        ("  tunnels:", "  links: [{ between: [hq, oslo], selectors: lans }]\n  tunnels:"),
      ]))
    var allocations = Allocations()
    let tunnels = try #require(try compile(text, &allocations)["hq"]?.tunnels)
    let hq = try #require(IPPrefix("10.0.0.0/24"))
    let oslo = try #require(IPPrefix("10.2.0.0/24"))
    #expect(tunnels.map(\.selectors) == [.any, .networks(local: [hq], remote: [oslo])])
  }

  @Test("A tunnel keeps its interface and network for as long as it lives; a new one gets new ones")
  func allocationStability() throws {
    let numbered = ("{ addressing: unnumbered }", "{ pool: 172.31.0.0/24 }")
    let before = try #require(BaseTopology.replacing([numbered]))
    let after = try #require(BaseTopology.replacing([numbered, ("  berlin:", "  bergen:")]))
    var allocations = Allocations()
    _ = try compile(before, &allocations)
    let first = allocations
    #expect(first.interfaceNumbers == ["berlin.dsl--hq.isp-a": 1, "hq.isp-a--oslo.fiber": 2])
    let again = try compile(before, revision: 2, &allocations)
    #expect(allocations == first)
    #expect(again["hq"]?.revision == 2)
    _ = try compile(after, revision: 3, &allocations)
    #expect(allocations.interfaceNumbers == ["bergen.dsl--hq.isp-a": 3, "hq.isp-a--oslo.fiber": 2])
    #expect(allocations.networks["hq.isp-a--oslo.fiber"] == first.networks["hq.isp-a--oslo.fiber"])
    #expect(allocations.networks["bergen.dsl--hq.isp-a"]?.description == "172.31.0.8/30")
  }

  @Test("A full pool gives a vanished tunnel's network to a new one")
  func fullPool() throws {
    let numbered = ("{ addressing: unnumbered }", "{ pool: 172.31.0.0/29 }")
    var allocations = Allocations()
    _ = try compile(try #require(BaseTopology.replacing([numbered])), &allocations)
    _ = try compile(try #require(BaseTopology.replacing([numbered, ("  berlin:", "  bergen:")])), &allocations)
    #expect(allocations.networks["bergen.dsl--hq.isp-a"]?.description == "172.31.0.0/30")
  }

  @Test("A new pool moves every tunnel, and unnumbered tunnels have no networks")
  func newPool() throws {
    var allocations = Allocations()
    for (pool, expected) in [
      ("{ pool: 172.31.0.0/24 }", "172.31.0.0/30"), ("{ pool: 172.30.0.0/24 }", "172.30.0.0/30"),
    ] {
      _ = try compile(try #require(BaseTopology.replacing([("{ addressing: unnumbered }", pool)])), &allocations)
      #expect(allocations.networks["berlin.dsl--hq.isp-a"]?.description == expected)
    }
    _ = try compile(BaseTopology.text, &allocations)
    #expect(allocations.networks.isEmpty)
  }

  @Test("A large mesh compiles in reasonable time", .timeLimit(.minutes(1)))
  func large() throws {
    var text = "apiVersion: fabric/v1\nkind: Topology\nmetadata: { name: big }\nsites:\n"
    for index in 0..<100 {
      text += """
          s\(index):
            loopback: 10.255.0.\(index + 1)
            lans: [{ interface: lan0, address: 10.\(index).0.1/24 }]
            uplinks: [{ name: isp, interface: wan0, address: 198.51.100.\(index + 1)/24, gateway: 198.51.100.254 }]

        """
    }
    text += "overlay: { shape: full-mesh }\n"
    var allocations = Allocations()
    let sites = try compile(text, &allocations)
    #expect(sites.count == 100)
    #expect(sites.values.allSatisfy { $0.tunnels.count == 99 })
  }
}
