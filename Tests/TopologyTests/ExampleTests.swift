import Testing
import Topology

@Suite struct ExampleTests {
  @Test("Every example is a valid topology", arguments: Examples.all.keys.sorted())
  func valid(name: String) throws {
    let text = try #require(Examples.all[name])
    let topology = try TopologyDocument.parse(text, file: name)
    var allocations = Allocations()
    let configurations = Compiler.compile(topology, revision: 1, allocations: &allocations) { pair in
      PresharedKey(bytes: Array("\(pair.first)-\(pair.second)".utf8))
    } postQuantumKey: { pair in
      PresharedKey(bytes: Array("\(pair.first)-\(pair.second), for later".utf8))
    } ospfKey: { pair in
      PresharedKey(bytes: Array("\(pair.first)-\(pair.second), for OSPF".utf8))
    }
    #expect(configurations.count == topology.sites.count { $0.isManaged })
  }
}
