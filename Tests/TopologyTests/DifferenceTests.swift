import Testing
import Topology

@Suite struct DifferenceTests {
  private func changes(_ pieces: [(String, String)], key: UInt8 = 1) throws -> [ConfigurationChange] {
    let texts = [BaseTopology.text, try #require(BaseTopology.replacing(pieces))]
    var allocations = Allocations()
    let compiled = try zip(texts, [1, key]).enumerated().map { revision, item in
      Compiler.compile(
        try TopologyDocument.parse(item.0, file: "f"), revision: revision + 1, allocations: &allocations
      ) { _ in
        PresharedKey(bytes: [item.1])
      } postQuantumKey: { _ in
        PresharedKey(bytes: [item.1, 1])
      } ospfKey: { _ in
        PresharedKey(bytes: [item.1, 2])
      }
    }
    return ConfigurationChange.between(compiled[0], compiled[1])
  }

  @Test("Another revision of the same network is no change")
  func same() throws { #expect(try changes([]).isEmpty) }

  @Test("A lifetime changes at both ends of every tunnel")
  func lifetime() throws {
    let changes = try changes([("time: 3600s", "time: 1800s")])
    #expect(changes.map(\.site) == ["berlin", "hq", "hq", "oslo"])
    #expect(changes.allSatisfy { $0.kind == .change && $0.details == ["ipsec lifetime: 3600s → 1800s"] })
    #expect(changes.first?.tunnel == "berlin.dsl--hq.isp-a")
  }

  @Test("An uplink's new address changes the site and what its peers call")
  func address() throws {
    let changes = try changes([("198.51.100.1/24", "198.51.100.2/24")])
    #expect(
      changes.map { "\($0.site) \($0.tunnel ?? "-")" } == [
        "berlin berlin.dsl--hq.isp-a", "hq -", "oslo hq.isp-a--oslo.fiber",
      ])
    #expect(changes.first?.details == ["peer address: 198.51.100.1 → 198.51.100.2"])
    #expect(
      changes[1].details == [
        "uplink isp-a: wan0, 198.51.100.1/24 via 198.51.100.254, priority 1, mtu 1500 → "
          + "wan0, 198.51.100.2/24 via 198.51.100.254, priority 1, mtu 1500"
      ])
  }

  @Test("A new key is a change that does not show it")
  func key() throws {
    let changes = try changes([], key: 2)
    #expect(changes.allSatisfy { $0.details == ["pre-shared key: replaced"] })
    #expect(changes.count == 4)
  }

  @Test("A renamed site goes and comes")
  func renamed() throws {
    let changes = try changes([("  oslo:", "  bergen:")])
    let kinds = changes.map { "\($0.kind) \($0.site) \($0.tunnel ?? "-")" }
    #expect(kinds.contains("add bergen -"))
    #expect(kinds.contains("add bergen bergen.fiber--hq.isp-a"))
    #expect(kinds.contains("remove oslo -"))
    #expect(kinds.contains("remove oslo hq.isp-a--oslo.fiber"))
    #expect(kinds.contains("remove hq hq.isp-a--oslo.fiber"))
    #expect(kinds.contains("add hq bergen.fiber--hq.isp-a"))
  }
}
