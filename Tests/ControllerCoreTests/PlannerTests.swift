import ControlProtocol
import Testing
import Topology

@testable import ControllerCore

@Suite("The planner")
struct PlannerTests {
  private func propose(_ text: String, on old: Baseline = Baseline()) throws -> Proposal {
    try Planner.propose(Array(text.utf8), file: "test.yaml", on: old)
  }

  @Test("every managed site gets a configuration of the next revision, and every pair a key of its own")
  func firstRevision() throws {
    let proposal = try propose(Network.yaml(spokes: ["berlin", "paris"]))
    #expect(proposal.isNew)
    #expect(proposal.plan.fromRevision == 0)
    #expect(proposal.result.configurations.keys.sorted() == ["berlin", "hq", "paris"])
    #expect(proposal.result.configurations.values.allSatisfy { $0.revision == 1 })
    #expect(Set(proposal.result.secrets.values.map(\.bytes)).count == 2)
  }

  @Test("the same text again is not new; the same network in other words is")
  func sameText() throws {
    let text = Network.yaml(spokes: ["berlin"])
    let first = try propose(text).result
    let again = try propose(text, on: first)
    #expect(!again.isNew)
    #expect(again.plan.changes.isEmpty)
    let reworded = try propose("# a comment\n" + text, on: first)
    #expect(reworded.isNew)
    #expect(reworded.plan.changes.isEmpty)
  }

  @Test("a pair keeps its key as long as it lives, and gets another when it comes back")
  func keysOfPairs() throws {
    let both = try propose(Network.yaml(spokes: ["berlin", "paris"])).result
    let one = try propose(Network.yaml(spokes: ["berlin"]), on: both).result
    let pair = SitePair("berlin", "hq"), gone = SitePair("hq", "paris")
    #expect(one.secrets[pair] == both.secrets[pair])
    #expect(one.secrets[gone] == nil)
    let again = try propose(Network.yaml(spokes: ["berlin", "paris"]), on: one).result
    #expect(again.secrets[gone] != nil)
    #expect(again.secrets[gone] != both.secrets[gone])
  }

  @Test("a profile with a PPK gives each pair a key besides the other, which it keeps")
  func postQuantumKeys() throws {
    let text = Network.yaml(spokes: ["berlin"]).replacing("dhGroups:", with: "ppk: require\n      dhGroups:")
    let first = try propose(text).result
    let pair = SitePair("berlin", "hq")
    let key = try #require(first.postQuantumKeys[pair])
    #expect(key.bytes.count == 32)
    #expect(key != first.secrets[pair])
    #expect(try propose("# again\n" + text, on: first).result.postQuantumKeys == first.postQuantumKeys)
    #expect(try propose(Network.yaml(spokes: ["berlin"]), on: first).result.postQuantumKeys.isEmpty)
  }

  @Test("digests are SHA-256 (FIPS 180-4, the vectors of one block and of none)")
  func digests() {
    #expect(
      Planner.digest(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Planner.digest(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
