import Testing
import Topology

/// One way to break the base topology, and everything that validation then says.
struct Fault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let pieces: [(old: String, new: String)]
  /// `LINE:COLUMN: MESSAGE | SUGGESTION`, in order.
  let expected: [String]

  init(_ title: String, replacing pieces: [(String, String)], _ expected: [String]) {
    testDescription = title
    self.pieces = pieces.map { (old: $0.0, new: $0.1) }
    self.expected = expected
  }

  static let all = keys + names + addresses + uplinks + profiles + overlay + routing + presharedKeys
}

@Suite struct FaultTests {
  @Test("A fault is named with its line, its column and what to write instead", arguments: Fault.all)
  func named(fault: Fault) throws {
    let text = try #require(BaseTopology.replacing(fault.pieces), "the piece to replace is not in the base topology")
    let failure = #expect(throws: ValidationFailure.self) { try TopologyDocument.parse(text, file: "acme.yaml") }
    let found = failure?.diagnostics.map { diagnostic in
      let suggestion = diagnostic.suggestion.map { " | \($0)" } ?? ""
      return "\(diagnostic.line):\(diagnostic.column): \(diagnostic.message)\(suggestion)"
    }
    #expect(found == fault.expected)
  }

  @Test("The base topology has no fault")
  func noFault() throws {
    _ = try TopologyDocument.parse(BaseTopology.text, file: "acme.yaml")
  }

  @Test("All faults come at once, in the order of the file")
  func allAtOnce() throws {
    let text = try #require(
      BaseTopology.replacing([
        ("aes256gcm16, aes256", "3des"), ("lifetime: 86400s", "lifetme: 86400s"), ("10.1.0.1/24", "10.1.0.1/33"),
        ("gateway: 203.0.113.254", "gateway: 203.0.114.254"), ("area: 0", "area: x"),
      ]))
    let failure = #expect(throws: ValidationFailure.self) { try TopologyDocument.parse(text, file: "acme.yaml") }
    #expect(failure?.diagnostics.map(\.line) == [7, 11, 31, 39, 43])
  }

  @Test("A fault is printed as file, line and column, with the suggestion below")
  func printed() {
    let diagnostic = Diagnostic(line: 3, column: 7, message: "no", suggestion: "yes")
    #expect(diagnostic.rendered(file: "a.yaml") == "a.yaml:3:7: error: no\n  yes")
    #expect(Diagnostic(line: 0, column: 0, message: "no").rendered(file: "a.yaml") == "a.yaml: error: no")
  }

  @Test("No error ever shows a pre-shared key")
  func secrets() throws {
    let key = "hunter2hunter2hunter2"
    for spelling in [key, "[\(key)]", "0x\(key)"] {
      let text = try #require(
        BaseTopology.replacing([("  tunnels:", "  links: [{ between: [hq, berlin], psk: \(spelling) }]\n  tunnels:")]))
      let failure = #expect(throws: ValidationFailure.self) { try TopologyDocument.parse(text, file: "acme.yaml") }
      #expect(failure?.description.contains("hunter2") == false)
    }
  }
}
